import { subscriptionDataShape } from './heartbeat.js'
import { decoder, encoder, optional, shape, withDefault, type ShapeOf } from './shape.js'
import { bigInteger, decimal, flag, integer, text } from './values.js'
import { listOf } from './collections.js'

const statsItemShape = shape({
  sum: withDefault(integer, () => 0),
  tps: withDefault(decimal, () => 0),
  avgpt: withDefault(decimal, () => 0),
})
export type BrokerStatsItem = ShapeOf<typeof statsItemShape>

const none = () => ({ sum: 0, tps: 0, avgpt: 0 })
const brokerStatsShape = shape({
  statsMinute: withDefault(statsItemShape, none),
  statsHour: withDefault(statsItemShape, none),
  statsDay: withDefault(statsItemShape, none),
})
/** VIEW_BROKER_STATS_DATA */
export type BrokerStatsData = ShapeOf<typeof brokerStatsShape>
export const decodeBrokerStatsData = decoder('BrokerStatsData', brokerStatsShape)
export const encodeBrokerStatsData = encoder(brokerStatsShape)

const consumeQueueDataShape = shape({
  physicOffset: integer,
  physicSize: integer,
  tagsCode: bigInteger,
  extendDataJson: optional(text),
  bitMap: optional(text),
  eval: withDefault(flag, () => false),
  msg: optional(text),
})
export type ConsumeQueueData = ShapeOf<typeof consumeQueueDataShape>

const queryConsumeQueueShape = shape({
  subscriptionData: optional(subscriptionDataShape),
  filterData: optional(text),
  queueData: listOf(consumeQueueDataShape),
  maxQueueIndex: integer,
  minQueueIndex: integer,
})
/** QUERY_CONSUME_QUEUE */
export type QueryConsumeQueueResponseBody = ShapeOf<typeof queryConsumeQueueShape>
export const decodeQueryConsumeQueueResponseBody = decoder('QueryConsumeQueueResponseBody', queryConsumeQueueShape)
export const encodeQueryConsumeQueueResponseBody = encoder(queryConsumeQueueShape)

const offsetMovedShape = shape({
  consumerGroup: text,
  messageQueue: shape({ topic: text, brokerName: text, queueId: integer }),
  offsetRequest: integer,
  offsetNew: integer,
})
/** The body of messages in OFFSET_MOVED_EVENT. */
export type OffsetMovedEvent = ShapeOf<typeof offsetMovedShape>
export const decodeOffsetMovedEvent = decoder('OffsetMovedEvent', offsetMovedShape)
export const encodeOffsetMovedEvent = encoder(offsetMovedShape)
