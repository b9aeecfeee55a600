import {
  groupOfRetryTopic,
  isRetryTopic,
  MessageProperty,
  propertyOfBytes,
  PullSysFlag,
  recordProperties,
  ResponseCode,
  type SubscriptionGroupConfig,
} from '@mq/protocol'
import { refusal } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import { ExpressionError } from '../filter/expression-error.js'
import { sqlFilter, type SqlFilter } from '../filter/sql-filter.js'
import { isTagExpression, tagMatcherOf, type Subscription, type TagsMatcher } from '../subscription.js'
import type { PullHeader } from './pull-checks.js'

/** What a pull lets through: entries by their tags, then records by their properties. Undefined: everything. */
export interface MessageFilter {
  readonly matches?: TagsMatcher
  readonly matchesRecord?: (record: Uint8Array) => boolean
}

/** The filter of a pull that has come past the permissions, or a refusal with Apache's code (`PullMessageProcessor`, 4.7.1). */
export function pullFilter(broker: BrokerState, header: PullHeader, config: SubscriptionGroupConfig): MessageFilter {
  const filter =
    header.sysFlag & PullSysFlag.SUBSCRIPTION ? ownFilter(broker, header) : subscribedFilter(broker, header, config)
  // Class filters are run by the client.
  if (header.sysFlag & PullSysFlag.CLASS_FILTER) return {}
  const onRetryTopic = broker.config.filterSupportRetry && isRetryTopic(header.topic)
  return onRetryTopic ? { ...filter, matchesRecord: retriedMatcher(broker, header.topic) } : filter
}

/** The pull brings its subscription along (flag 4). */
function ownFilter(broker: BrokerState, header: PullHeader): MessageFilter {
  if (!isTagExpression(header.expressionType)) return ownPropertyFilter(broker, header)
  const filter = tagMatcherOf(header.subscription)
  if (filter !== undefined) return filter
  throw refusal(
    ResponseCode.SUBSCRIPTION_PARSE_FAILED,
    `'${header.subscription!.slice(0, 80)}' is no tag expression: write tags joined by ||, or *`,
  )
}

/** 4.7.1 answers an expression that it cannot read with every message; here it is refused. */
function ownPropertyFilter(broker: BrokerState, { expressionType, subscription }: PullHeader): MessageFilter {
  if (expressionType === 'SQL92') requirePropertyFilter(broker, expressionType)
  return byProperties(compiled(expressionType!, subscription ?? ''))
}

/** The filter of an expression that a client sent; refuses one that is none. */
export function compiled(type: string, expression: string): SqlFilter {
  if (type !== 'SQL92') {
    throw refusal(
      ResponseCode.SUBSCRIPTION_PARSE_FAILED,
      `'${type.slice(0, 80)}' is no type of expression: there are TAG and SQL92`,
    )
  }
  try {
    return sqlFilter(expression)
  } catch (error) {
    if (error instanceof ExpressionError) throw refusal(ResponseCode.SUBSCRIPTION_PARSE_FAILED, error.message)
    throw error
  }
}

export function requirePropertyFilter(broker: BrokerState, type: string): void {
  if (broker.config.enablePropertyFilter) return
  throw refusal(
    ResponseCode.SYSTEM_ERROR,
    `broker ${broker.config.brokerName} does not filter by ${type.slice(0, 80)}: set enablePropertyFilter=true, or subscribe by tags`,
  )
}

const byProperties = (filter: SqlFilter): MessageFilter => ({ matchesRecord: (record) => filter.matches(record) })

/** The subscription of the group, as its heartbeats said. */
function subscribedFilter(broker: BrokerState, header: PullHeader, config: SubscriptionGroupConfig): MessageFilter {
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
  if (subscription.data.subVersion < Number(header.subVersion ?? 0) && !givesEnough(subscription, header)) {
    throw refusal(
      ResponseCode.SUBSCRIPTION_NOT_LATEST,
      `the subscription of ${header.consumerGroup} to ${header.topic} is newer at the consumer than here: its next heartbeat brings it`,
    )
  }
  const { expressionType } = subscription.data
  return isTagExpression(expressionType)
    ? { matches: subscription.matches }
    : registeredFilter(broker, header, expressionType)
}

/**
 * Who is known to take everything gets everything, whatever tags it wants by now: it looks at the tags itself. Java's client gives its subscription a new version
 * when its queues change, and while another of its threads is at a heartbeat it sends none of its own: in 4.7.1 it gets nothing for up to half a minute then.
 */
const givesEnough = ({ data, matches }: Subscription, { expressionType }: PullHeader): boolean =>
  matches === undefined &&
  !data.classFilterMode &&
  isTagExpression(data.expressionType) &&
  isTagExpression(expressionType)

/** The filter that a heartbeat registered. */
function registeredFilter(broker: BrokerState, header: PullHeader, type: string): MessageFilter {
  const { topic, consumerGroup } = header
  const registered = broker.filters.find(topic, consumerGroup)
  if (registered === undefined) {
    throw refusal(
      ResponseCode.FILTER_DATA_NOT_EXIST,
      `there is no filter of consumer group ${consumerGroup} on ${topic}: its expression could not be read, the broker's log says why`,
    )
  }
  if (registered.clientVersion < Number(header.subVersion ?? 0)) {
    throw refusal(
      ResponseCode.FILTER_DATA_NOT_LATEST,
      `the filter of consumer group ${consumerGroup} on ${topic} is newer at the consumer than here: its next heartbeat brings it`,
    )
  }
  requirePropertyFilter(broker, type)
  return byProperties(registered.filter)
}

/** Retried messages are filtered as the topic they come from (`ExpressionForRetryMessageFilter`). */
function retriedMatcher(broker: BrokerState, topic: string): (record: Uint8Array) => boolean {
  const group = groupOfRetryTopic(topic)!
  return (record) => {
    const origin = propertyOfBytes(recordProperties(record), MessageProperty.RETRY_TOPIC)
    const registered = origin === undefined ? undefined : broker.filters.find(origin, group)
    return registered === undefined || registered.filter.matches(record)
  }
}
