import type { ConsumerRunningInfo, SubscriptionData } from '@mq/protocol'
import { defineCommand, type AdminContext } from '../command.js'
import { sentenceOf } from '../errors.js'
import { lines, row } from '../layout.js'
import { flag, required, text } from '../options.js'
import { runningInfoText } from '../running-info-text.js'
import { versionText } from '../version-text.js'

interface Member {
  clientId: string
  version: number
  info: ConsumerRunningInfo
}

type Result = { info: ConsumerRunningInfo } | { members: Member[]; sameSubscriptions: boolean; warnings: string[] }

/** A queue with messages of which none was consumed for so long, ms, is told. */
const blockedAfterMs = 60_000

export const consumerStatus = defineCommand({
  name: 'consumerStatus',
  description: 'what the clients of a consumer group say of themselves',
  options: {
    group: required(text('-g, --consumerGroup <group>', 'consumer group')),
    clientId: text('-i, --clientId <id>', 'one client, with all it says; without it a line for each'),
    stacks: flag('-s, --jstack', "with the stacks of a Java client, or a Node client's process and handlers"),
  },
  examples: [
    'mqadmin consumerStatus -n 127.0.0.1:9876 -g my-group',
    'mqadmin consumerStatus -n 127.0.0.1:9876 -g my-group -i 10.0.0.7@4711 -s',
  ],
  async run(context, { group, clientId, stacks }): Promise<Result> {
    const broker = await brokerOf(context, group)
    const ask = (id: string) => context.admin.consumerRunningInfo(broker, group, id, { stacks })
    if (clientId !== undefined) return { info: await ask(clientId) }
    const { connectionSet } = await context.admin.examineConsumerConnection(group)
    const members: Member[] = []
    for (const one of connectionSet) {
      const info = await ask(one.clientId).catch((error: unknown) => {
        context.warn(`client ${one.clientId} does not tell how it is: ${sentenceOf(error)}`)
      })
      if (info) members.push({ clientId: one.clientId, version: one.version, info })
    }
    const sameSubscriptions = new Set(members.map(({ info }) => subscriptionText(info.subscriptionSet))).size <= 1
    const warnings = sameSubscriptions ? members.flatMap((one) => queueWarnings(one, context.now())) : []
    return { members, sameSubscriptions, warnings }
  },
  print: (result) => ('info' in result ? runningInfoText(result.info) : groupText(result)),
})

/** Any broker with members of the group can ask them. */
async function brokerOf({ admin }: AdminContext, group: string): Promise<string> {
  const route = await admin.topicRoute(`%RETRY%${group}`)
  const [broker] = route.brokerDatas.flatMap(({ brokerAddrs }) => brokerAddrs.get(0) ?? [])
  if (broker === undefined) throw new Error(`group ${group}: none of its brokers has a live master`)
  return broker
}

const subscriptionText = (subscriptions: readonly SubscriptionData[]): string =>
  subscriptions
    .map(({ topic, subString }) => `${topic} ${subString}`)
    .sort()
    .join('\n')

function groupText({ members, sameSubscriptions, warnings }: Extract<Result, { members: Member[] }>): string {
  const rows = members.map(({ clientId, version }, i) =>
    row('%03d  %-40s %-20s', i + 1, clientId, versionText(version)),
  )
  if (members.length === 0) return ''
  const verdict = sameSubscriptions
    ? ['Same subscription in the same group of consumer', '', 'Rebalance OK', ...warnings]
    : ['WARN: Different subscription in the same group of consumer!!!']
  return lines([...rows, '', ...verdict])
}

/** What RocketMQ's tool finds wrong with a push consumer's queues (`analyzeProcessQueue`, 4.7.1). */
function queueWarnings({ clientId, info }: Member, nowMs: number): string[] {
  const { PROP_CONSUME_TYPE: type, PROP_CONSUMEORDERLY: ordered } = info.properties
  if (type !== 'CONSUME_PASSIVELY') return []
  return [...info.mqTable].flatMap(([{ topic, brokerName, queueId }, queue]) => {
    const name = `${clientId} MessageQueue [topic=${topic}, brokerName=${brokerName}, queueId=${queueId}]`
    const idleMs = nowMs - queue.lastConsumeTimestamp
    if (ordered === 'true')
      return queue.locked ? [] : [`${name} can't lock for a while, ${nowMs - queue.lastLockTimestamp}ms`]
    const isBlocked = idleMs > blockedAfterMs && queue.cachedMsgCount > 0
    return isBlocked ? [`${name} can't consume for a while, maybe blocked, ${idleMs}ms`] : []
  })
}
