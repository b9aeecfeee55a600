import {
  groupOfRetryTopic,
  MessageProperty,
  MQVersion,
  ResponseCode,
  withoutProperty,
  type SendMessageHeader,
  type SubscriptionGroupConfig,
  type TopicConfig,
} from '@mq/protocol'
import { refusal } from '../answers.js'
import { requireGroupName } from '../names.js'
import type { BrokerState } from '../broker-state.js'
import { ensureDlqTopic } from '../topic-creation.js'

interface Destination {
  topic: TopicConfig
  queueId: number
  properties: string
}

/**
 * A message an orderly consumer gives back by sending it to its retry topic (`handleRetryAndDLQ`, 4.7.1): to the
 * dead-letter topic when it failed too often. There it goes at once: 4.7.1 lets its last delay pass once more.
 */
export function retriedMessage(
  broker: BrokerState,
  header: SendMessageHeader,
  version: number,
  sent: Destination,
): Destination {
  const name = groupOfRetryTopic(header.topic)!
  const group = requireGroup(broker, name)
  const triesMax = maxReconsumeTimes(group, version, header.maxReconsumeTimes)
  if ((header.reconsumeTimes ?? 0) < triesMax) return sent
  return {
    topic: ensureDlqTopic(broker, name),
    queueId: 0,
    properties: withoutProperty(sent.properties, MessageProperty.DELAY),
  }
}

/** The group of a message that is to be retried: one that was never there has nobody to retry it. */
export function requireGroup(broker: BrokerState, group: string): SubscriptionGroupConfig {
  return broker.groups.get(group) ?? unknownGroup(group)
}

/** The group of a pull; a new one comes into being, where groups may (`findSubscriptionGroupConfig`, 4.7.1). */
export function findOrCreateGroup(broker: BrokerState, group: string): SubscriptionGroupConfig {
  const known = broker.groups.get(group)
  if (known !== undefined) return known
  requireGroupName(group)
  return broker.groups.findOrCreate(group) ?? unknownGroup(group)
}

function unknownGroup(group: string): never {
  throw refusal(
    ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST,
    `consumer group ${group} is unknown: it comes into being when a consumer of it starts, or by mqadmin updateSubGroup`,
  )
}

/** Clients from 3.4.9 on say it themselves; 4.7.1 fails when one of them does not. */
export const maxReconsumeTimes = (group: SubscriptionGroupConfig, version: number, said: number | undefined): number =>
  version >= MQVersion.V3_4_9 && said !== undefined ? said : group.retryMaxTimes
