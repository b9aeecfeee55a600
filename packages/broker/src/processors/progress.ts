import { formatAddress } from '@mq/io'
import {
  brokerConsumeStatsRequest,
  consumeStatsRequest,
  encodeConsumeStats,
  encodeConsumeStatsList,
  encodeGroupList,
  encodeTopicStatsTable,
  ResponseCode,
  topicRequest,
  type ConsumeStats,
  type MessageQueue,
  type OffsetWrapper,
  type TopicConfig,
  type TopicOffset,
} from '@mq/protocol'
import { refusal, successWithBody } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import type { Processor } from './processor.js'

/** GET_TOPIC_STATS_INFO: minimum, maximum and last store time of each queue. */
export const topicStats: Processor = async (broker, request) => {
  const { topic } = topicRequest.decode(request.extFields)
  const config = requireTopic(broker, topic)
  const offsetTable = new Map<MessageQueue, TopicOffset>()
  for (let queueId = 0; queueId < config.writeQueueNums; queueId++) {
    const minOffset = Math.max(0, broker.store.minOffset(topic, queueId))
    const maxOffset = broker.store.maxOffset(topic, queueId)
    const lastUpdateTimestamp = maxOffset > 0 ? await storeTime(broker, topic, queueId, maxOffset - 1) : 0
    offsetTable.set(
      { topic, brokerName: broker.config.brokerName, queueId },
      { minOffset, maxOffset, lastUpdateTimestamp },
    )
  }
  return successWithBody(encodeTopicStatsTable({ offsetTable }))
}

export function requireTopic(
  broker: BrokerState,
  topic: string,
  code: number = ResponseCode.TOPIC_NOT_EXIST,
): TopicConfig {
  const config = broker.topics.get(topic)
  if (config !== undefined) return config
  throw refusal(code, `topic ${topic.slice(0, 255)} does not exist on broker ${broker.config.brokerName}`)
}

const storeTime = async (broker: BrokerState, topic: string, queueId: number, offset: number): Promise<number> =>
  Math.max(0, await broker.store.storeTimeAt(topic, queueId, offset))

/** GET_CONSUME_STATS: how far a group is, queue by queue, of one topic or of all it has offsets for. */
export const consumeStats: Processor = async (broker, request) => {
  const { consumerGroup, topic } = consumeStatsRequest.decode(request.extFields)
  const stats: ConsumeStats = { consumeTps: 0, offsetTable: new Map() }
  for (const one of topic ? [topic] : broker.offsets.topicsOf(consumerGroup)) {
    if (topicLeftOut(broker, consumerGroup, one)) continue
    for (const [queue, wrapper] of await progressOf(broker, consumerGroup, one)) stats.offsetTable.set(queue, wrapper)
    stats.consumeTps += broker.stats.find('GROUP_GET_NUMS', `${one}@${consumerGroup}`)?.snapshot('minute').tps ?? 0
  }
  return successWithBody(encodeConsumeStats(stats))
}

/** Deleted topics, and those an online group has given up, are not part of its progress. */
function topicLeftOut(broker: BrokerState, group: string, topic: string): boolean {
  if (broker.topics.get(topic) === undefined) return true
  const online = broker.consumers.group(group)
  return online !== undefined && online.subscriptions.size > 0 && !online.subscriptions.has(topic)
}

async function progressOf(
  broker: BrokerState,
  group: string,
  topic: string,
): Promise<Map<MessageQueue, OffsetWrapper>> {
  const config = broker.topics.get(topic)
  const progress = new Map<MessageQueue, OffsetWrapper>()
  for (let queueId = 0; queueId < (config?.readQueueNums ?? 0); queueId++) {
    const brokerOffset = broker.store.maxOffset(topic, queueId)
    const consumerOffset = broker.offsets.get(topic, group, queueId) ?? 0
    const lastTimestamp = consumerOffset > 0 ? await storeTime(broker, topic, queueId, consumerOffset - 1) : 0
    progress.set(
      { topic, brokerName: broker.config.brokerName, queueId },
      { brokerOffset, consumerOffset, lastTimestamp },
    )
  }
  return progress
}

/** GET_BROKER_CONSUME_STATS: the same of all groups. */
export const brokerConsumeStats: Processor = async (broker, request) => {
  const { isOrder } = brokerConsumeStatsRequest.decode(request.extFields)
  let totalDiff = 0
  const consumeStatsList: Map<string, ConsumeStats[]>[] = []
  for (const group of broker.groups.all().keys()) {
    const list: ConsumeStats[] = []
    for (const topic of broker.offsets.topicsOf(group)) {
      if (topicLeftOut(broker, group, topic) || (isOrder && !broker.topics.get(topic)!.order)) continue
      const offsetTable = await progressOf(broker, group, topic)
      for (const { brokerOffset, consumerOffset } of offsetTable.values()) totalDiff += brokerOffset - consumerOffset
      const item = broker.stats.find('GROUP_GET_NUMS', `${topic}@${group}`)
      list.push({ consumeTps: item?.snapshot('minute').tps ?? 0, offsetTable })
    }
    consumeStatsList.push(new Map([[group, list]]))
  }
  return successWithBody(
    encodeConsumeStatsList({ brokerAddr: formatAddress(broker.storeHost), consumeStatsList, totalDiff }),
  )
}

/** QUERY_TOPIC_CONSUME_BY_WHO: groups that are online with the topic, or have an offset for it. */
export const topicConsumers: Processor = (broker, request) => {
  const { topic } = topicRequest.decode(request.extFields)
  const groups = new Set([...broker.consumers.groupsOf(topic), ...broker.offsets.groupsOf(topic)])
  return successWithBody(encodeGroupList({ groupList: [...groups] }))
}
