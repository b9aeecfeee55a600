import { MQVersion, groupOfRetryTopic, isRetryTopic } from '@mq/protocol'
import type { GroupProgress } from '@mq/client'
import { defineCommand, type Admin, type AdminContext } from '../command.js'
import { sentenceOf } from '../errors.js'
import { row, secondsText, table } from '../layout.js'
import { text, trueOrFalse } from '../options.js'
import { versionText } from '../version-text.js'

interface GroupRow {
  group: string
  clients: number
  version: string
  type: '' | 'PUSH' | 'PULL'
  model: string
  consumeTps: number
  lag: number
}

type Result = { group: string; progress: GroupProgress; clientIps: Map<string, string> } | { groups: GroupRow[] }

export const consumerProgress = defineCommand({
  name: 'consumerProgress',
  description: 'how far consumer groups are, and how much is waiting for them',
  options: {
    group: text('-g, --groupName <group>', 'one group, queue by queue; without it all groups'),
    showClientIp: trueOrFalse('-s, --showClientIP <true|false>', 'with the address that has each queue'),
  },
  examples: [
    'mqadmin consumerProgress -n 127.0.0.1:9876',
    'mqadmin consumerProgress -n 127.0.0.1:9876 -g my-group -s true',
  ],
  async run(context, { group, showClientIp }): Promise<Result> {
    if (group === undefined) return { groups: await allGroups(context) }
    const progress = await context.admin.consumeStats(group)
    const clientIps = showClientIp ? await ownersOf(context, group) : new Map<string, string>()
    return { group, progress, clientIps }
  },
  print: (result) => ('groups' in result ? groupTable(result.groups) : queueTable(result.progress, result.clientIps)),
})

const queueKey = ({ topic, brokerName, queueId }: { topic: string; brokerName: string; queueId: number }) =>
  `${topic}@${brokerName}@${queueId}`

/** Which client has each queue, by what the clients themselves say. */
async function ownersOf(context: AdminContext, group: string): Promise<Map<string, string>> {
  const owners = new Map<string, string>()
  const { connectionSet } = await context.admin.examineConsumerConnection(group)
  const route = await context.admin.topicRoute(`%RETRY%${group}`)
  const broker = route.brokerDatas.flatMap(({ brokerAddrs }) => brokerAddrs.get(0) ?? [])[0]
  if (broker === undefined) return owners
  for (const { clientId } of connectionSet) {
    try {
      const { mqTable } = await context.admin.consumerRunningInfo(broker, group, clientId)
      for (const queue of mqTable.keys()) owners.set(queueKey(queue), clientId.split('@')[0]!)
    } catch (error) {
      context.warn(`client ${clientId} does not tell its queues: ${sentenceOf(error)}`)
    }
  }
  return owners
}

function queueTable(progress: GroupProgress, clientIps: ReadonlyMap<string, string>): string {
  const rows = progress.queues.map(({ queue, brokerOffset, consumerOffset, lag, lastTimestamp }) => [
    queue.topic,
    queue.brokerName,
    queue.queueId,
    brokerOffset,
    consumerOffset,
    clientIps.get(queueKey(queue)) ?? 'N/A',
    lag,
    lastTimestamp > 0 ? secondsText(lastTimestamp) : 'N/A',
  ])
  const header = [
    '#Topic',
    '#Broker Name',
    '#QID',
    '#Broker Offset',
    '#Consumer Offset',
    '#Client IP',
    '#Diff',
    '#LastTime',
  ]
  const queues = table('%-32.32s  %-32.32s  %-4s  %-20s  %-20s  %-20s %-20s  %s', header, rows)
  return `${queues}\n${row('Consume TPS: %.2f', progress.consumeTps)}\nDiff Total: ${progress.lag}\n`
}

/** Every group has a retry topic: that is how name servers know of groups. */
async function allGroups({ admin, warn }: AdminContext): Promise<GroupRow[]> {
  const groups = (await admin.topicList()).filter(isRetryTopic).map((topic) => groupOfRetryTopic(topic)!)
  const rows = await Promise.all(
    groups.map((group) =>
      groupRow(admin, group).catch((error: unknown) => {
        warn(`group ${group}: ${sentenceOf(error)}`)
        return []
      }),
    ),
  )
  return rows.flat()
}

async function groupRow(admin: Admin, group: string): Promise<GroupRow[]> {
  const { consumeTps, lag } = await admin.consumeStats(group)
  const online = await admin.examineConsumerConnection(group).catch(() => undefined)
  const clients = online?.connectionSet.length ?? 0
  if (online === undefined || clients === 0)
    return [{ group, clients: 0, version: 'OFFLINE', type: '', model: '', consumeTps, lag }]
  const oldest = Math.min(...online.connectionSet.map(({ version }) => version), MQVersion.V5_3_3)
  const type = online.consumeType === 'CONSUME_ACTIVELY' ? 'PULL' : 'PUSH'
  return [{ group, clients, version: versionText(oldest), type, model: online.messageModel ?? '', consumeTps, lag }]
}

const groupTable = (rows: GroupRow[]): string =>
  table(
    '%-32.32s  %-6s  %-24s %-5s  %-14s  %-7s  %s',
    ['#Group', '#Count', '#Version', '#Type', '#Model', '#TPS', '#Diff Total'],
    rows.map(({ group, clients, version, type, model, consumeTps, lag }) => [
      group,
      clients,
      version,
      type,
      model,
      Math.floor(consumeTps),
      lag,
    ]),
  )
