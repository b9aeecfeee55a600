import { consumeFromWhereShape, consumeTypeShape, messageModelShape, subscriptionDataShape } from './heartbeat.js'
import { messageQueueShape } from './message-queue.js'
import { decoder, encoder, optional, shape, withDefault, type ShapeOf } from './shape.js'
import { integer, text } from './values.js'
import { listOf, mapOf } from './collections.js'

const consumerListShape = shape({ consumerIdList: listOf(text) })
/** GET_CONSUMER_LIST_BY_GROUP */
export type GetConsumerListByGroupResponseBody = ShapeOf<typeof consumerListShape>
export const decodeGetConsumerListByGroupResponseBody = decoder('GetConsumerListByGroupResponseBody', consumerListShape)
export const encodeGetConsumerListByGroupResponseBody = encoder(consumerListShape)

const lockRequestShape = shape({ consumerGroup: text, clientId: text, mqSet: listOf(messageQueueShape) })
/** LOCK_BATCH_MQ, UNLOCK_BATCH_MQ */
export type LockBatchRequestBody = ShapeOf<typeof lockRequestShape>
export const decodeLockBatchRequestBody = decoder('LockBatchRequestBody', lockRequestShape)
export const encodeLockBatchRequestBody = encoder(lockRequestShape)

const lockResponseShape = shape({ lockOKMQSet: listOf(messageQueueShape) })
export type LockBatchResponseBody = ShapeOf<typeof lockResponseShape>
export const decodeLockBatchResponseBody = decoder('LockBatchResponseBody', lockResponseShape)
export const encodeLockBatchResponseBody = encoder(lockResponseShape)

const connectionShape = shape({
  clientId: text,
  clientAddr: text,
  language: optional(text),
  version: withDefault(integer, () => 0),
})
export type ClientConnection = ShapeOf<typeof connectionShape>

const consumerConnectionShape = shape({
  connectionSet: listOf(connectionShape),
  subscriptionTable: mapOf(subscriptionDataShape),
  consumeType: optional(consumeTypeShape),
  messageModel: optional(messageModelShape),
  consumeFromWhere: optional(consumeFromWhereShape),
})
/** GET_CONSUMER_CONNECTION_LIST */
export type ConsumerConnection = ShapeOf<typeof consumerConnectionShape>
export const decodeConsumerConnection = decoder('ConsumerConnection', consumerConnectionShape)
export const encodeConsumerConnection = encoder(consumerConnectionShape)

const producerConnectionShape = shape({ connectionSet: listOf(connectionShape) })
/** GET_PRODUCER_CONNECTION_LIST */
export type ProducerConnection = ShapeOf<typeof producerConnectionShape>
export const decodeProducerConnection = decoder('ProducerConnection', producerConnectionShape)
export const encodeProducerConnection = encoder(producerConnectionShape)

const groupListShape = shape({ groupList: listOf(text) })
/** QUERY_TOPIC_CONSUME_BY_WHO */
export type GroupList = ShapeOf<typeof groupListShape>
export const decodeGroupList = decoder('GroupList', groupListShape)
export const encodeGroupList = encoder(groupListShape)
