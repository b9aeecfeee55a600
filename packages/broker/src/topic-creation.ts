import { isRetryTopic, TopicName, TopicPermission, type SubscriptionGroupConfig, type TopicConfig } from '@mq/protocol'
import { dlqTopic, retryTopic } from '@mq/protocol'
import type { BrokerState, RunningConfig } from './broker-state.js'
import { replyTopic } from './names.js'
import { isInherited, readWrite, topicConfig, type Topics } from './topics.js'

/** Bits of `topicSysFlag` (`TopicSysFlag`): for units of a multi-site set-up. */
const unitFlag = 1
const unitSubscriptionFlag = 2

/** More topics than this do not come into being by themselves: any client can send to any name. */
const ownTopicsMax = 100_000

/** Topics every broker has (`TopicConfigManager` constructor, 4.7.1). */
export function createInitialTopics(topics: Topics, config: RunningConfig): void {
  const inherited = readWrite | TopicPermission.INHERIT
  topics.putInitial(topicConfig(TopicName.SELF_TEST, 1, readWrite))
  if (config.autoCreateTopicEnable) {
    topics.putInitial(topicConfig(TopicName.AUTO_CREATE, config.defaultTopicQueueNums, inherited))
  }
  topics.putInitial(topicConfig(TopicName.BENCHMARK, 1024, readWrite))
  topics.putInitial(topicConfig(config.brokerClusterName, 16, config.clusterTopicEnable ? inherited : noRights))
  topics.putInitial(topicConfig(config.brokerName, 1, config.brokerTopicEnable ? inherited : noRights))
  topics.putInitial(topicConfig(TopicName.OFFSET_MOVED_EVENT, 1, readWrite))
  topics.putInitial(topicConfig(TopicName.SCHEDULE, 18, readWrite))
  if (config.traceTopicEnable) topics.putInitial(topicConfig(config.msgTraceTopicName, 1, readWrite))
  topics.putInitial(topicConfig(replyTopic(config.brokerClusterName), 1, readWrite))
}

/** 4.7.1 makes both topics in any case and takes away what the switch is about. */
const noRights = TopicPermission.INHERIT

/**
 * The topic of a first message, modelled on the default topic its producer found the broker by
 * (`createTopicInSendMessageMethod`). Undefined when topics do not come into being by themselves.
 */
export function createTopicByDefault(
  broker: BrokerState,
  topic: string,
  from: { defaultTopic: string; queues: number; unit: boolean },
): TopicConfig | undefined {
  if (broker.topics.all().size >= ownTopicsMax) return undefined
  const model = broker.topics.get(from.defaultTopic)
  const allowed = from.defaultTopic !== TopicName.AUTO_CREATE || broker.config.autoCreateTopicEnable
  if (model === undefined || !allowed || !isInherited(model.perm)) return undefined
  const queues = Math.max(1, Math.min(from.queues, model.writeQueueNums))
  const created = topicConfig(topic, queues, model.perm & ~TopicPermission.INHERIT, from.unit ? unitFlag : 0)
  created.topicFilterType = model.topicFilterType
  broker.topics.put(created)
  broker.logger.info({ topic, queues }, `topic ${topic} came into being with ${queues} queues`)
  return created
}

/** `%RETRY%group`: where messages of a group wait for another try. */
export function ensureRetryTopic(broker: BrokerState, group: SubscriptionGroupConfig, unit: boolean): TopicConfig {
  const topic = retryTopic(group.groupName)
  return ensureTopic(broker, topic, Math.max(1, group.retryQueueNums), readWrite, unit ? unitSubscriptionFlag : 0)
}

/** `%DLQ%group`: where messages of a group end that failed too often. Written by brokers, readable when an operator says so. */
export const ensureDlqTopic = (broker: BrokerState, group: string): TopicConfig =>
  ensureTopic(broker, dlqTopic(group), 1, TopicPermission.WRITE, 0)

/** Topics of transactions, which come into being with the first of them. 4.7.1 has none for op messages. */
export const ensureTransactionTopic = (broker: BrokerState, topic: string): TopicConfig =>
  ensureTopic(broker, topic, 1, readWrite, 0)

/** A retry topic that is sent to before its group was ever online. */
export const ensureSentRetryTopic = (broker: BrokerState, topic: string, unit: boolean): TopicConfig | undefined =>
  isRetryTopic(topic) ? ensureTopic(broker, topic, 1, readWrite, unit ? unitSubscriptionFlag : 0) : undefined

function ensureTopic(
  broker: BrokerState,
  topic: string,
  queues: number,
  perm: number,
  topicSysFlag: number,
): TopicConfig {
  const known = broker.topics.get(topic)
  if (known !== undefined) return known
  const created = topicConfig(topic, queues, perm, topicSysFlag)
  broker.topics.put(created)
  return created
}
