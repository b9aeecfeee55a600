import { dataVersionShape } from './topic-config.js'
import { messageQueueShape, type MessageQueue } from './message-queue.js'
import { writeFastjson } from '../fastjson/write.js'
import { decoder, encoder, optional, shape, withDefault, type Shape, type ShapeOf } from './shape.js'
import { decimal, integer, text } from './values.js'
import { integerMapOf, listOf, mapOf, objectMapOf } from './collections.js'

const topicOffsetShape = shape({ minOffset: integer, maxOffset: integer, lastUpdateTimestamp: integer })
export type TopicOffset = ShapeOf<typeof topicOffsetShape>

const topicStatsShape = shape({ offsetTable: objectMapOf(messageQueueShape, topicOffsetShape) })
/** GET_TOPIC_STATS_INFO */
export type TopicStatsTable = ShapeOf<typeof topicStatsShape>
export const decodeTopicStatsTable = decoder('TopicStatsTable', topicStatsShape)
export const encodeTopicStatsTable = encoder(topicStatsShape)

const offsetWrapperShape = shape({ brokerOffset: integer, consumerOffset: integer, lastTimestamp: integer })
export type OffsetWrapper = ShapeOf<typeof offsetWrapperShape>

export const consumeStatsShape = shape({
  consumeTps: withDefault(decimal, () => 0),
  offsetTable: objectMapOf(messageQueueShape, offsetWrapperShape),
})
/** GET_CONSUME_STATS */
export type ConsumeStats = ShapeOf<typeof consumeStatsShape>
export const decodeConsumeStats = decoder('ConsumeStats', consumeStatsShape)
export const encodeConsumeStats = encoder(consumeStatsShape)

const consumeStatsListShape = shape({
  brokerAddr: optional(text),
  consumeStatsList: listOf(mapOf(listOf(consumeStatsShape))),
  totalDiff: withDefault(integer, () => 0),
})
/** GET_BROKER_CONSUME_STATS */
export type ConsumeStatsList = ShapeOf<typeof consumeStatsListShape>
export const decodeConsumeStatsList = decoder('ConsumeStatsList', consumeStatsListShape)
export const encodeConsumeStatsList = encoder(consumeStatsListShape)

const consumerOffsetShape = shape({
  dataVersion: optional(dataVersionShape),
  /** By `topic@group`, then by queue id. */
  offsetTable: mapOf(integerMapOf(integer)),
})
/** GET_ALL_CONSUMER_OFFSET, and `config/consumerOffset.json`. */
export type ConsumerOffsetSerializeWrapper = ShapeOf<typeof consumerOffsetShape>
export const decodeConsumerOffsetSerializeWrapper = decoder('ConsumerOffsetSerializeWrapper', consumerOffsetShape)
export const encodeConsumerOffsetSerializeWrapper = encoder(consumerOffsetShape)

const delayOffsetShape = shape({ dataVersion: optional(dataVersionShape), offsetTable: integerMapOf(integer) })
/** GET_ALL_DELAY_OFFSET, and `config/delayOffset.json`: progress by delay level. */
export type DelayOffsetSerializeWrapper = ShapeOf<typeof delayOffsetShape>
export const decodeDelayOffsetSerializeWrapper = decoder('DelayOffsetSerializeWrapper', delayOffsetShape)
export const encodeDelayOffsetSerializeWrapper = encoder(delayOffsetShape)

const correctionOffsetsShape = shape({ correctionOffsets: integerMapOf(integer) })
/** QUERY_CORRECTION_OFFSET */
export type QueryCorrectionOffsetBody = ShapeOf<typeof correctionOffsetsShape>
export const decodeQueryCorrectionOffsetBody = decoder('QueryCorrectionOffsetBody', correctionOffsetsShape)
export const encodeQueryCorrectionOffsetBody = encoder(correctionOffsetsShape)

const queueOffsets = objectMapOf(messageQueueShape, integer)
const queueOffsetRow = shape({ topic: text, brokerName: text, queueId: integer, offset: integer })

/** Java's map with queues as keys, or the list of rows that C++ clients are sent. */
const queueOffsetsOrRows: Shape<Map<MessageQueue, number>> = {
  read: (value, path) => {
    if (!Array.isArray(value)) return queueOffsets.read(value, path)
    const rows = listOf(queueOffsetRow).read(value, path)
    return new Map(rows.map(({ offset, ...queue }) => [queue, offset]))
  },
  write: queueOffsets.write,
}

const resetOffsetShape = shape({ offsetTable: queueOffsetsOrRows })
/** RESET_CONSUMER_CLIENT_OFFSET, and the answer to INVOKE_BROKER_TO_RESET_OFFSET. */
export type ResetOffsetBody = ShapeOf<typeof resetOffsetShape>
export const decodeResetOffsetBody = decoder('ResetOffsetBody', resetOffsetShape)
export const encodeResetOffsetBody = encoder(resetOffsetShape)

/** The form for C++ consumers (`ResetOffsetBodyForC`). */
export function encodeResetOffsetBodyForC(body: ResetOffsetBody): Uint8Array {
  const rows = [...body.offsetTable].map(([queue, offset]) => ({ ...queue, offset }))
  return Buffer.from(writeFastjson({ offsetTable: listOf(queueOffsetRow).write(rows) }))
}

const consumerStatusShape = shape({
  messageQueueTable: queueOffsets,
  consumerTable: mapOf(queueOffsets),
})
/** GET_CONSUMER_STATUS_FROM_CLIENT (the first), INVOKE_BROKER_TO_GET_CONSUMER_STATUS (by client id). */
export type GetConsumerStatusBody = ShapeOf<typeof consumerStatusShape>
export const decodeGetConsumerStatusBody = decoder('GetConsumerStatusBody', consumerStatusShape)
export const encodeGetConsumerStatusBody = encoder(consumerStatusShape)

const timeSpanShape = shape({
  messageQueue: messageQueueShape,
  minTimeStamp: integer,
  maxTimeStamp: integer,
  consumeTimeStamp: integer,
  delayTime: integer,
  /** The times once more as `2026-11-22#11:45:49:247` in the broker's zone: Java writes them and no one reads them. */
  minTimeStampStr: optional(text),
  maxTimeStampStr: optional(text),
  consumeTimeStampStr: optional(text),
})
export type QueueTimeSpan = ShapeOf<typeof timeSpanShape>

const consumeTimeSpanShape = shape({ consumeTimeSpanSet: listOf(timeSpanShape) })
/** QUERY_CONSUME_TIME_SPAN */
export type QueryConsumeTimeSpanBody = ShapeOf<typeof consumeTimeSpanShape>
export const decodeQueryConsumeTimeSpanBody = decoder('QueryConsumeTimeSpanBody', consumeTimeSpanShape)
export const encodeQueryConsumeTimeSpanBody = encoder(consumeTimeSpanShape)
