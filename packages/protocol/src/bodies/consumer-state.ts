import { subscriptionDataShape } from './heartbeat.js'
import { messageQueueShape } from './message-queue.js'
import { decoder, encoder, optional, shape, withDefault, type ShapeOf } from './shape.js'
import { decimal, flag, integer, oneOf, text } from './values.js'
import { listOf, mapOf, objectMapOf, recordOf } from './collections.js'

const count = withDefault(integer, () => 0)

const processQueueShape = shape({
  commitOffset: count,
  cachedMsgMinOffset: count,
  cachedMsgMaxOffset: count,
  cachedMsgCount: count,
  cachedMsgSizeInMiB: count,
  transactionMsgMinOffset: count,
  transactionMsgMaxOffset: count,
  transactionMsgCount: count,
  locked: withDefault(flag, () => false),
  tryUnlockTimes: count,
  lastLockTimestamp: count,
  droped: withDefault(flag, () => false),
  lastPullTimestamp: count,
  lastConsumeTimestamp: count,
})
/** What a consumer holds of a queue. `droped` is Java's spelling. */
export type ProcessQueueInfo = ShapeOf<typeof processQueueShape>

const rate = withDefault(decimal, () => 0)
const consumeStatusShape = shape({
  pullRT: rate,
  pullTPS: rate,
  consumeRT: rate,
  consumeOKTPS: rate,
  consumeFailedTPS: rate,
  consumeFailedMsgs: count,
})
export type ConsumeStatus = ShapeOf<typeof consumeStatusShape>

const runningInfoShape = shape({
  properties: recordOf(text),
  subscriptionSet: listOf(subscriptionDataShape),
  mqTable: objectMapOf(messageQueueShape, processQueueShape),
  statusTable: mapOf(consumeStatusShape),
  jstack: optional(text),
})
/** GET_CONSUMER_RUNNING_INFO */
export type ConsumerRunningInfo = ShapeOf<typeof runningInfoShape>
export const decodeConsumerRunningInfo = decoder('ConsumerRunningInfo', runningInfoShape)
export const encodeConsumerRunningInfo = encoder(runningInfoShape)

const directResultShape = shape({
  order: withDefault(flag, () => false),
  autoCommit: withDefault(flag, () => true),
  consumeResult: optional(
    oneOf('CR_SUCCESS', 'CR_LATER', 'CR_ROLLBACK', 'CR_COMMIT', 'CR_THROW_EXCEPTION', 'CR_RETURN_NULL'),
  ),
  remark: optional(text),
  spentTimeMills: count,
})
/** CONSUME_MESSAGE_DIRECTLY */
export type ConsumeMessageDirectlyResult = ShapeOf<typeof directResultShape>
export const decodeConsumeMessageDirectlyResult = decoder('ConsumeMessageDirectlyResult', directResultShape)
export const encodeConsumeMessageDirectlyResult = encoder(directResultShape)
