import { decoder, encoder, optional, shape, withDefault, type ShapeOf } from './shape.js'
import { bigInteger, flag, integer, oneOf, text } from './values.js'
import { listOf } from './collections.js'

/** What a group wants of a topic. The Go client writes hash codes as text, and versions in nanoseconds. */
export const subscriptionDataShape = shape({
  topic: text,
  subString: withDefault(text, () => '*'),
  classFilterMode: withDefault(flag, () => false),
  tagsSet: listOf(text),
  codeSet: listOf(integer),
  subVersion: withDefault(bigInteger, () => 0),
  expressionType: withDefault(text, () => 'TAG'),
})
export type SubscriptionData = ShapeOf<typeof subscriptionDataShape>

export const consumeTypeShape = oneOf('CONSUME_ACTIVELY', 'CONSUME_PASSIVELY', 'CONSUME_POP')
export const messageModelShape = oneOf('BROADCASTING', 'CLUSTERING')
export const consumeFromWhereShape = oneOf(
  'CONSUME_FROM_LAST_OFFSET',
  'CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST',
  'CONSUME_FROM_MIN_OFFSET',
  'CONSUME_FROM_MAX_OFFSET',
  'CONSUME_FROM_FIRST_OFFSET',
  'CONSUME_FROM_TIMESTAMP',
)
export type ConsumeType = NonNullable<ShapeOf<typeof consumeTypeShape>>
export type MessageModel = NonNullable<ShapeOf<typeof messageModelShape>>
export type ConsumeFromWhere = NonNullable<ShapeOf<typeof consumeFromWhereShape>>

const consumerDataShape = shape({
  groupName: text,
  consumeType: optional(consumeTypeShape),
  messageModel: optional(messageModelShape),
  consumeFromWhere: optional(consumeFromWhereShape),
  subscriptionDataSet: listOf(subscriptionDataShape),
  unitMode: withDefault(flag, () => false),
})
export type ConsumerData = ShapeOf<typeof consumerDataShape>

const producerDataShape = shape({ groupName: text })
export type ProducerData = ShapeOf<typeof producerDataShape>

const heartbeatShape = shape({
  clientID: text,
  consumerDataSet: listOf(consumerDataShape),
  producerDataSet: listOf(producerDataShape),
})
/** HEART_BEAT */
export type HeartbeatData = ShapeOf<typeof heartbeatShape>
export const decodeHeartbeatData = decoder('HeartbeatData', heartbeatShape)
export const encodeHeartbeatData = encoder(heartbeatShape)

const checkClientShape = shape({
  clientId: text,
  group: text,
  namespace: optional(text),
  subscriptionData: optional(subscriptionDataShape),
})
/** CHECK_CLIENT_CONFIG */
export type CheckClientRequestBody = ShapeOf<typeof checkClientShape>
export const decodeCheckClientRequestBody = decoder('CheckClientRequestBody', checkClientShape)
export const encodeCheckClientRequestBody = encoder(checkClientShape)
