import {
  PullSysFlag,
  pullMessageRequest,
  ResponseCode,
  type HeaderOf,
  type ReceivedCommand,
  type SubscriptionGroupConfig,
} from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import { refusal } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import { isTagExpression, tagMatcherOf, type TagsMatcher } from '../subscription.js'
import { isReadable } from '../topics.js'
import { findOrCreateGroup } from './send-retried.js'

export type PullHeader = HeaderOf<typeof pullMessageRequest>

export interface CheckedPull {
  header: PullHeader
  group: SubscriptionGroupConfig
  matches: TagsMatcher
}

/** What a pull must pass, in Apache's order (`PullMessageProcessor.processRequest`, 4.7.1). */
export function checkPull(broker: BrokerState, request: ReceivedCommand, channel: Channel): CheckedPull {
  const header = pullMessageRequest.decode(request.extFields)
  if (!isReadable(broker.config.brokerPermission)) {
    throw refusal(ResponseCode.NO_PERMISSION, `broker ${broker.config.brokerName} gives out no messages at present`)
  }
  const group = findOrCreateGroup(broker, header.consumerGroup)
  if (!group.consumeEnable) {
    throw refusal(
      ResponseCode.NO_PERMISSION,
      `consumer group ${header.consumerGroup} may not consume (consumeEnable=false)`,
    )
  }
  requireQueue(broker, header, channel)
  const matches =
    header.sysFlag & PullSysFlag.SUBSCRIPTION ? ownFilter(header) : subscribedFilter(broker, header, group)
  return { header, group, matches: header.sysFlag & PullSysFlag.CLASS_FILTER ? undefined : matches }
}

function requireQueue(broker: BrokerState, { topic, queueId }: PullHeader, channel: Channel): void {
  const config = broker.topics.get(topic)
  if (config === undefined) {
    throw refusal(
      ResponseCode.TOPIC_NOT_EXIST,
      `topic ${topic.slice(0, 255)} does not exist on broker ${broker.config.brokerName}`,
    )
  }
  if (!isReadable(config.perm)) {
    throw refusal(
      ResponseCode.NO_PERMISSION,
      `topic ${topic} may not be read: its permission is ${config.perm}, reading needs 4`,
    )
  }
  if (queueId < 0 || queueId >= config.readQueueNums) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `queue ${queueId} is illegal: topic ${topic} has ${config.readQueueNums} queues to read; consumer ${channel.name}`,
    )
  }
}

/** The pull brings its subscription along (flag 4). */
function ownFilter(header: PullHeader): TagsMatcher {
  if (!isTagExpression(header.expressionType)) throw notATagExpression(header.expressionType!)
  const filter = tagMatcherOf(header.subscription)
  if (filter === undefined) {
    throw refusal(
      ResponseCode.SUBSCRIPTION_PARSE_FAILED,
      `'${header.subscription!.slice(0, 80)}' is no tag expression: write tags joined by ||, or *`,
    )
  }
  return filter.matches
}

/** The subscription of the group, as its heartbeats said. */
function subscribedFilter(broker: BrokerState, header: PullHeader, config: SubscriptionGroupConfig): TagsMatcher {
  const group = broker.consumers.group(header.consumerGroup)
  if (group === undefined) {
    throw refusal(
      ResponseCode.SUBSCRIPTION_NOT_EXIST,
      `consumer group ${header.consumerGroup} is not online here: no heartbeat of it has come`,
    )
  }
  if (!config.consumeBroadcastEnable && group.messageModel === 'BROADCASTING') {
    throw refusal(
      ResponseCode.NO_PERMISSION,
      `consumer group ${header.consumerGroup} may not consume by broadcasting (consumeBroadcastEnable=false)`,
    )
  }
  const subscription = group.subscriptions.get(header.topic)
  if (subscription === undefined) {
    throw refusal(
      ResponseCode.SUBSCRIPTION_NOT_EXIST,
      `consumer group ${header.consumerGroup} is not subscribed to ${header.topic}, as its last heartbeat says; do all its members subscribe to the same topics?`,
    )
  }
  if (subscription.data.subVersion < Number(header.subVersion ?? 0)) {
    throw refusal(
      ResponseCode.SUBSCRIPTION_NOT_LATEST,
      `the subscription of ${header.consumerGroup} to ${header.topic} is newer at the consumer than here: its next heartbeat brings it`,
    )
  }
  if (!isTagExpression(subscription.data.expressionType)) throw notATagExpression(subscription.data.expressionType)
  return subscription.matches
}

function notATagExpression(type: string): Error {
  if (type === 'SQL92') {
    return refusal(
      ResponseCode.SYSTEM_ERROR,
      'this broker does not filter by SQL92: property filters are not implemented yet, subscribe by tags',
    )
  }
  return refusal(
    ResponseCode.SUBSCRIPTION_PARSE_FAILED,
    `'${type.slice(0, 80)}' is no type of expression: there are TAG and SQL92`,
  )
}
