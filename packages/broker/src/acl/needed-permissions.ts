import {
  decodeHeartbeatData,
  isRetryTopic,
  RequestCode,
  retryTopic,
  toSendMessage,
  type ReceivedCommand,
} from '@mq/protocol'
import { Permission } from './permission.js'

/** A permission that a request needs on a topic; on a group by the name of its retry topic. */
export interface Need {
  readonly resource: string
  readonly permission: number
}

const { PUB, SUB } = Permission
const none: readonly Need[] = []

/** What a request needs. What is missing in it is not needed: the processor will refuse it. */
type NeedsOf = (request: ReceivedCommand) => readonly Need[]

const need = (resource: string | undefined, permission: number): readonly Need[] =>
  resource === undefined || resource === '' ? none : [{ resource, permission }]

const onTopic = (topic: string | undefined, permission: number): readonly Need[] => need(topic, permission)
const onGroup = (group: string | undefined): readonly Need[] => need(group && retryTopic(group), SUB)

/** A consumer that gives a message back by sending it needs no more than to consume, as in 4.9. */
function sending({ code, extFields }: ReceivedCommand): readonly Need[] {
  const topic =
    extFields?.[code === RequestCode.SEND_MESSAGE || code === RequestCode.SEND_REPLY_MESSAGE ? 'topic' : 'b']
  if (topic === undefined) return none
  return onTopic(topic, isRetryTopic(topic) ? SUB : PUB)
}

/** Who answers needs no right to send; but a reply is stored, so it may not go to just any topic. */
const replying: NeedsOf = (request) => {
  const { topic } = toSendMessage(request)
  return topic.endsWith('_REPLY_TOPIC') ? none : onTopic(topic, PUB)
}

const pulling: NeedsOf = ({ extFields }) => [...onTopic(extFields?.topic, SUB), ...onGroup(extFields?.consumerGroup)]

const heartbeat: NeedsOf = ({ body }) =>
  decodeHeartbeatData(body).consumerDataSet.flatMap(({ groupName, subscriptionDataSet }) => [
    ...onGroup(groupName),
    ...subscriptionDataSet.flatMap(({ topic }) => onTopic(topic, SUB)),
  ])

/**
 * Which permissions each request needs (`PlainAccessValidator`, 4.7.1). Those marked + need none there, which lets an
 * account do by one request what it may not do by another. Requests that are not here need a signature only.
 */
export const neededPermissions: ReadonlyMap<number, NeedsOf> = new Map<number, NeedsOf>([
  [RequestCode.SEND_MESSAGE, sending],
  [RequestCode.SEND_MESSAGE_V2, sending],
  [RequestCode.SEND_BATCH_MESSAGE, sending], // +
  [RequestCode.SEND_REPLY_MESSAGE, replying], // +
  [RequestCode.SEND_REPLY_MESSAGE_V2, replying], // +
  [
    RequestCode.CONSUMER_SEND_MSG_BACK,
    ({ extFields }) => [...onTopic(extFields?.originTopic, PUB), ...onGroup(extFields?.group)],
  ],
  [RequestCode.PULL_MESSAGE, pulling],
  [RequestCode.LITE_PULL_MESSAGE, pulling], // +
  [RequestCode.QUERY_MESSAGE, ({ extFields }) => onTopic(extFields?.topic, SUB)],
  [RequestCode.HEART_BEAT, heartbeat],
  [RequestCode.UNREGISTER_CLIENT, ({ extFields }) => onGroup(extFields?.consumerGroup)],
  [RequestCode.GET_CONSUMER_LIST_BY_GROUP, ({ extFields }) => onGroup(extFields?.consumerGroup)],
  [RequestCode.UPDATE_CONSUMER_OFFSET, pulling],
  [
    RequestCode.INVOKE_BROKER_TO_RESET_OFFSET,
    ({ extFields }) => [...onTopic(extFields?.topic, SUB), ...onGroup(extFields?.group)],
  ], // +
  [
    RequestCode.CLONE_GROUP_OFFSET,
    ({ extFields }) => [
      ...onTopic(extFields?.topic, SUB),
      ...onGroup(extFields?.srcGroup),
      ...onGroup(extFields?.destGroup),
    ],
  ], // +
])

/** Requests for administrators alone (`Permission`, 4.7.1); those that show or change accounts since 4.9. */
export const adminOnly: ReadonlySet<number> = new Set([
  RequestCode.UPDATE_AND_CREATE_TOPIC,
  RequestCode.UPDATE_BROKER_CONFIG,
  RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP,
  RequestCode.DELETE_SUBSCRIPTIONGROUP,
  RequestCode.DELETE_TOPIC_IN_BROKER,
  RequestCode.UPDATE_AND_CREATE_ACL_CONFIG,
  RequestCode.DELETE_ACL_CONFIG,
  RequestCode.UPDATE_GLOBAL_WHITE_ADDRS_CONFIG,
  RequestCode.GET_BROKER_CLUSTER_ACL_CONFIG,
])
