import {
  createTopicRequest,
  encodeTopicConfigSerializeWrapper,
  encodeTopicList,
  ResponseCode,
  topicRequest,
  TopicName,
  type TopicConfig,
} from '@mq/protocol'
import { refusal, success, successWithBody } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import type { Processor } from './processor.js'
import { isReservedTopic, replyTopic, requireTopicName } from '../names.js'

/** Queues of a topic; each is a folder and a list in memory once it is written. */
const queuesMax = 65_535

/** UPDATE_AND_CREATE_TOPIC (`AdminBrokerProcessor`, 4.7.1): replaces the whole topic. `order` comes from name servers alone. */
export const updateTopic: Processor = (broker, request) => {
  const header = createTopicRequest.decode(request.extFields)
  if (isReservedTopic(broker, header.topic)) {
    throw refusal(ResponseCode.SYSTEM_ERROR, `topic ${header.topic} belongs to the broker and cannot be changed`)
  }
  requireTopicName(header.topic)
  for (const name of ['readQueueNums', 'writeQueueNums'] as const) requireRange(name, header[name], 1, queuesMax)
  requireRange('perm', header.perm, 0, 7)
  const config: TopicConfig = {
    topicName: header.topic,
    readQueueNums: header.readQueueNums,
    writeQueueNums: header.writeQueueNums,
    perm: header.perm,
    topicFilterType: header.topicFilterType === 'MULTI_TAG' ? 'MULTI_TAG' : 'SINGLE_TAG',
    topicSysFlag: header.topicSysFlag ?? 0,
    order: broker.topics.get(header.topic)?.order ?? false,
  }
  broker.topics.put(config)
  return success
}

function requireRange(name: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return
  throw refusal(ResponseCode.SYSTEM_ERROR, `${name} must be ${min} to ${max}, not ${value}`)
}

/** DELETE_TOPIC_IN_BROKER: the topic, its queues, and what is counted for it. Offsets of groups stay, as in 4.7.1. */
export const deleteTopic: Processor = (broker, request) => {
  const { topic } = topicRequest.decode(request.extFields)
  if (isReservedTopic(broker, topic)) {
    throw refusal(ResponseCode.SYSTEM_ERROR, `topic ${topic} belongs to the broker and cannot be deleted`)
  }
  requireTopicName(topic)
  broker.topics.remove(topic)
  dropUnusedQueues(broker)
  broker.stats.removeTopic(topic)
  return success
}

/** CLEAN_UNUSED_TOPIC */
export const cleanUnusedTopics: Processor = (broker) => {
  dropUnusedQueues(broker)
  return success
}

function dropUnusedQueues(broker: BrokerState): void {
  const dropped = broker.store.cleanUnusedTopics(new Set(broker.topics.all().keys()))
  if (dropped.length > 0) broker.logger.info({ topics: dropped }, `queues of ${dropped.join(', ')} dropped`)
}

/** CLEAN_EXPIRED_CONSUMEQUEUE */
export const cleanExpiredQueues: Processor = async (broker) => {
  await broker.store.cleanExpired()
  return success
}

/** GET_ALL_TOPIC_CONFIG */
export const allTopics: Processor = (broker) => {
  const topicConfigTable = broker.topics.all() as Map<string, TopicConfig>
  const body = encodeTopicConfigSerializeWrapper({ dataVersion: broker.topics.dataVersion, topicConfigTable })
  return { ...successWithBody(body), extFields: {} }
}

/** GET_SYSTEM_TOPIC_LIST_FROM_BROKER */
export const systemTopics: Processor = (broker) => {
  const { brokerClusterName, brokerName } = broker.config
  const topicList = [...Object.values(TopicName), brokerClusterName, brokerName, replyTopic(brokerClusterName)]
  return successWithBody(encodeTopicList({ topicList }))
}
