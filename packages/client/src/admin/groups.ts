import {
  decodeConsumerConnection,
  decodeConsumeMessageDirectlyResult,
  decodeConsumerRunningInfo,
  decodeConsumeStats,
  decodeGetConsumerStatusBody,
  decodeProducerConnection,
  decodeResetOffsetBody,
  decodeSubscriptionGroupWrapper,
  encodeSubscriptionGroupConfig,
  RequestCode,
  requestCommand,
  ResponseCode,
  retryTopic,
  type ConsumeMessageDirectlyResult,
  type ConsumerConnection,
  type ConsumerRunningInfo,
  type MessageQueue,
  type ProducerConnection,
  type SubscriptionGroupConfig,
} from '@mq/protocol'
import { compareQueues } from '../client-instance/topic-route.js'
import { ClientError, fromResponse } from '../errors.js'
import { checkGroup } from '../group.js'
import { bodyOf, type AdminCalls } from './admin-calls.js'
import { mastersOfTopic, targetsOf } from './topics.js'

export interface QueueProgress {
  queue: MessageQueue
  brokerOffset: number
  consumerOffset: number
  /** Messages not consumed yet. */
  lag: number
  /** Store time of the last message consumed, ms. */
  lastTimestamp: number
}

export interface GroupProgress {
  consumeTps: number
  /** Sum of all queues' lag. */
  lag: number
  queues: QueueProgress[]
}

/** Where a group stands, over all brokers (`consumerProgress`). */
export async function consumeStats(calls: AdminCalls, group: string, topic?: string): Promise<GroupProgress> {
  const progress: GroupProgress = { consumeTps: 0, lag: 0, queues: [] }
  for (const address of await mastersOfTopic(calls, topic ?? retryTopic(group))) {
    const fields: Record<string, string> =
      topic === undefined ? { consumerGroup: group } : { consumerGroup: group, topic }
    const response = await calls.broker(address, RequestCode.GET_CONSUME_STATS, `progress of group ${group}`, fields)
    const stats = decodeConsumeStats(bodyOf(response))
    progress.consumeTps += stats.consumeTps
    for (const [queue, { brokerOffset, consumerOffset, lastTimestamp }] of stats.offsetTable) {
      const lag = brokerOffset - consumerOffset
      progress.lag += lag
      progress.queues.push({ queue, brokerOffset, consumerOffset, lag, lastTimestamp })
    }
  }
  progress.queues.sort((a, b) => compareQueues(a.queue, b.queue))
  return progress
}

/** Who consumes in a group. Rejects with `NOT_FOUND` when nobody is online. */
export async function consumerConnection(calls: AdminCalls, group: string): Promise<ConsumerConnection> {
  for (const address of await mastersOfTopic(calls, retryTopic(group))) {
    const request = requestCommand(RequestCode.GET_CONSUMER_CONNECTION_LIST, { consumerGroup: group })
    const response = await calls.invoke(address, request)
    if (response.code === ResponseCode.SUCCESS) return decodeConsumerConnection(bodyOf(response))
    if (response.code !== ResponseCode.CONSUMER_NOT_ONLINE)
      throw fromResponse(response, `members of group ${group}`, { address })
  }
  throw new ClientError('NOT_FOUND', `no consumer of group '${group}' is online`, { group })
}

/** Who sends in a producer group to a topic. Rejects with `REFUSED` when nobody is online. */
export async function producerConnection(calls: AdminCalls, group: string, topic: string): Promise<ProducerConnection> {
  let failure: unknown
  for (const address of await mastersOfTopic(calls, topic)) {
    try {
      const fields = { producerGroup: group }
      const code = RequestCode.GET_PRODUCER_CONNECTION_LIST
      return decodeProducerConnection(bodyOf(await calls.broker(address, code, `producers of group ${group}`, fields)))
    } catch (error) {
      failure = error
    }
  }
  throw failure ?? new ClientError('NOT_FOUND', `topic '${topic}' has no broker with a live master`, { topic })
}

/** What a consumer that is online is doing. `withStacks`: with the stacks of a Java client, the process report of one of ours. */
export async function consumerRunningInfo(
  calls: AdminCalls,
  address: string,
  group: string,
  clientId: string,
  withStacks: boolean,
): Promise<ConsumerRunningInfo> {
  const fields = { consumerGroup: group, clientId, jstackEnable: String(withStacks) }
  const what = `running info of ${clientId}`
  // The broker asks the client and gives it 10 s.
  const options = { timeoutMs: 12_000 }
  const { GET_CONSUMER_RUNNING_INFO } = RequestCode
  return decodeConsumerRunningInfo(
    bodyOf(await calls.broker(address, GET_CONSUMER_RUNNING_INFO, what, fields, undefined, options)),
  )
}

/** Where consumers that are online are in a topic, as they say themselves, by client id. Those that do not answer are missing. */
export async function consumerOffsets(
  calls: AdminCalls,
  topic: string,
  group: string,
): Promise<Map<string, { queue: MessageQueue; offset: number }[]>> {
  const offsets = new Map<string, { queue: MessageQueue; offset: number }[]>()
  for (const address of await mastersOfTopic(calls, topic)) {
    const code = RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS
    const response = await calls.broker(address, code, `offsets of group ${group}`, { topic, group })
    // All brokers ask the same consumers, which answer for all queues.
    for (const [clientId, table] of decodeGetConsumerStatusBody(bodyOf(response)).consumerTable) {
      const rows = [...table].map(([queue, offset]) => ({ queue, offset }))
      offsets.set(
        clientId,
        rows.sort((a, b) => compareQueues(a.queue, b.queue)),
      )
    }
  }
  return offsets
}

/** Makes a consumer that is online consume one message, and tells what came of it. */
export async function consumeMessageDirectly(
  calls: AdminCalls,
  address: string,
  group: string,
  clientId: string,
  offsetMsgId: string,
): Promise<ConsumeMessageDirectlyResult> {
  const fields = { consumerGroup: group, clientId, msgId: offsetMsgId }
  const what = `direct consumption by ${clientId}`
  const code = RequestCode.CONSUME_MESSAGE_DIRECTLY
  const response = await calls.broker(address, code, what, fields, undefined, { timeoutMs: 12_000 })
  return decodeConsumeMessageDirectlyResult(bodyOf(response))
}

/** Groups with their settings, as one broker has them. */
export async function subscriptionGroups(
  calls: AdminCalls,
  address: string,
): Promise<Map<string, SubscriptionGroupConfig>> {
  const code = RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG
  return decodeSubscriptionGroupWrapper(bodyOf(await calls.broker(address, code, 'groups'))).subscriptionGroupTable
}

/** Makes a consumer group, or changes its settings. Settings not given have RocketMQ's defaults. */
export async function updateSubscriptionGroup(
  calls: AdminCalls,
  where: { addr?: string; cluster?: string },
  config: Partial<SubscriptionGroupConfig> & { groupName: string },
): Promise<string[]> {
  checkGroup(config.groupName)
  const addresses = await targetsOf(calls, where)
  const body = encodeSubscriptionGroupConfig({ ...groupDefaults, ...config })
  for (const address of addresses) {
    const what = `update of group ${config.groupName}`
    await calls.broker(address, RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, what, undefined, body)
  }
  return addresses
}

const groupDefaults: Omit<SubscriptionGroupConfig, 'groupName'> = {
  consumeEnable: true,
  consumeFromMinEnable: true,
  consumeBroadcastEnable: true,
  retryQueueNums: 1,
  retryMaxTimes: 16,
  brokerId: 0,
  whichBrokerWhenConsumeSlowly: 1,
  notifyConsumerIdsChangedEnable: true,
}

export async function deleteSubscriptionGroup(
  calls: AdminCalls,
  where: { addr?: string; cluster?: string },
  groupName: string,
): Promise<void> {
  for (const address of await targetsOf(calls, where))
    await calls.broker(address, RequestCode.DELETE_SUBSCRIPTIONGROUP, `deletion of group ${groupName}`, { groupName })
}

export interface OffsetReset {
  group: string
  topic: string
  /** Back to, or on to, what was stored at this time, ms; -1: to the end. */
  timestampMs: number
  /** Also move forward. Default true. */
  force?: boolean
}

/** Moves the offsets of a group whose consumers are online (222): the new offset of each queue. */
export async function resetOffset(
  calls: AdminCalls,
  reset: OffsetReset,
): Promise<{ queue: MessageQueue; offset: number }[]> {
  const fields = {
    topic: reset.topic,
    group: reset.group,
    timestamp: String(reset.timestampMs),
    isForce: String(reset.force ?? true),
  }
  const rows: { queue: MessageQueue; offset: number }[] = []
  for (const address of await mastersOfTopic(calls, reset.topic)) {
    const what = `offset reset of group ${reset.group}`
    const response = await calls.broker(address, RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, what, fields)
    for (const [queue, offset] of decodeResetOffsetBody(bodyOf(response)).offsetTable) rows.push({ queue, offset })
  }
  return rows.sort((a, b) => compareQueues(a.queue, b.queue))
}
