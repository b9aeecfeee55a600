import { bigLong, bool, headerTable, int, long, optional, text } from '../header-table.js'

/** Bits of a pull's `sysFlag` (`PullSysFlag`). */
export const PullSysFlag = { COMMIT_OFFSET: 1, SUSPEND: 2, SUBSCRIPTION: 4, CLASS_FILTER: 8, LITE_PULL: 16 } as const

/**
 * PULL_MESSAGE, and 5.x's LITE_PULL_MESSAGE (`PullMessageRequestHeader`, 4.7.1). `subVersion` may be nanoseconds, beyond
 * 2^53. ali-ons leaves `expressionType` out, which means TAG.
 */
export const pullMessageRequest = headerTable('PULL_MESSAGE', {
  consumerGroup: text(),
  topic: text(),
  queueId: int(),
  queueOffset: long(),
  maxMsgNums: int(),
  sysFlag: int(),
  commitOffset: long(),
  suspendTimeoutMillis: long(),
  subscription: optional(text()),
  subVersion: optional(bigLong()),
  expressionType: optional(text()),
})

export const pullMessageResponse = headerTable('PULL_MESSAGE response', {
  suggestWhichBrokerId: long(),
  nextBeginOffset: long(),
  minOffset: long(),
  maxOffset: long(),
})

/** QUERY_CONSUMER_OFFSET */
export const queryConsumerOffsetRequest = headerTable('QUERY_CONSUMER_OFFSET', {
  consumerGroup: text(),
  topic: text(),
  queueId: int(),
})

/** UPDATE_CONSUMER_OFFSET */
export const updateConsumerOffsetRequest = headerTable('UPDATE_CONSUMER_OFFSET', {
  consumerGroup: text(),
  topic: text(),
  queueId: int(),
  commitOffset: long(),
})

/** GET_MAX_OFFSET, GET_MIN_OFFSET and GET_EARLIEST_MSG_STORETIME ask for a queue. */
export const queueRequest = headerTable('request for a queue', { topic: text(), queueId: int() })

/** SEARCH_OFFSET_BY_TIMESTAMP */
export const searchOffsetRequest = headerTable('SEARCH_OFFSET_BY_TIMESTAMP', {
  topic: text(),
  queueId: int(),
  timestamp: long(),
})

/** The answer to QUERY_CONSUMER_OFFSET, SEARCH_OFFSET_BY_TIMESTAMP, GET_MAX_OFFSET and GET_MIN_OFFSET. */
export const offsetResponse = headerTable('offset response', { offset: long() })

/** The answer to GET_EARLIEST_MSG_STORETIME. */
export const timestampResponse = headerTable('GET_EARLIEST_MSG_STORETIME response', { timestamp: long() })

/**
 * QUERY_MESSAGE. The plain field `_UNIQUE_KEY_QUERY` says that `key` is a unique key; the Java client asks for those up to
 * the largest 64-bit time.
 */
export const queryMessageRequest = headerTable('QUERY_MESSAGE', {
  topic: text(),
  key: text(),
  maxNum: int(),
  beginTimestamp: long(),
  endTimestamp: bigLong(),
  uniqueKeyQuery: optional(bool('_UNIQUE_KEY_QUERY')),
})

export const queryMessageResponse = headerTable('QUERY_MESSAGE response', {
  indexLastUpdateTimestamp: long(),
  indexLastUpdatePhyoffset: long(),
})

/** VIEW_MESSAGE_BY_ID */
export const viewMessageRequest = headerTable('VIEW_MESSAGE_BY_ID', { offset: long() })

/** GET_CONSUMER_LIST_BY_GROUP, NOTIFY_CONSUMER_IDS_CHANGED, GET_CONSUMER_CONNECTION_LIST */
export const consumerGroupRequest = headerTable('request for a consumer group', { consumerGroup: text() })

/** UNREGISTER_CLIENT; C++ sends an empty text for a group it has not. */
export const unregisterClientRequest = headerTable('UNREGISTER_CLIENT', {
  clientID: text(),
  producerGroup: optional(text()),
  consumerGroup: optional(text()),
})

/** GET_CONSUMER_RUNNING_INFO */
export const consumerRunningInfoRequest = headerTable('GET_CONSUMER_RUNNING_INFO', {
  consumerGroup: text(),
  clientId: text(),
  jstackEnable: optional(bool()),
})

/** CONSUME_MESSAGE_DIRECTLY */
export const consumeMessageDirectlyRequest = headerTable('CONSUME_MESSAGE_DIRECTLY', {
  consumerGroup: text(),
  clientId: optional(text()),
  msgId: optional(text()),
  brokerName: optional(text()),
})

/** INVOKE_BROKER_TO_RESET_OFFSET, RESET_CONSUMER_CLIENT_OFFSET */
export const resetOffsetRequest = headerTable('request to reset offsets', {
  topic: text(),
  group: text(),
  timestamp: long(),
  isForce: optional(bool()),
})

/** INVOKE_BROKER_TO_GET_CONSUMER_STATUS, GET_CONSUMER_STATUS_FROM_CLIENT */
export const consumerStatusRequest = headerTable('request for consumer status', {
  topic: text(),
  group: text(),
  clientAddr: optional(text()),
})
