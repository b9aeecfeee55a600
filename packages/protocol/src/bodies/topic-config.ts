import { shape, withDefault, decoder, encoder, type ShapeOf } from './shape.js'
import { flag, integer, oneOf, text } from './values.js'
import { mapOf } from './collections.js'

/** Tells whether a table has changed (`DataVersion`): equal when both members are. */
export const dataVersionShape = shape({
  counter: withDefault(integer, () => 0),
  timestamp: withDefault(integer, () => 0),
})
export type DataVersion = ShapeOf<typeof dataVersionShape>
export const decodeDataVersion = decoder('DataVersion', dataVersionShape)
export const encodeDataVersion = encoder(dataVersionShape)

/** A topic as a broker keeps it. Defaults as `TopicConfig`. */
export const topicConfigShape = shape({
  topicName: text,
  readQueueNums: withDefault(integer, () => 16),
  writeQueueNums: withDefault(integer, () => 16),
  perm: withDefault(integer, () => 6),
  topicFilterType: withDefault(oneOf('SINGLE_TAG', 'MULTI_TAG'), () => 'SINGLE_TAG'),
  topicSysFlag: withDefault(integer, () => 0),
  order: withDefault(flag, () => false),
})
export type TopicConfig = ShapeOf<typeof topicConfigShape>

export const topicConfigWrapperShape = shape({
  dataVersion: withDefault(dataVersionShape, () => ({ counter: 0, timestamp: 0 })),
  topicConfigTable: mapOf(topicConfigShape),
})
/** GET_ALL_TOPIC_CONFIG, and `config/topics.json`. */
export type TopicConfigSerializeWrapper = ShapeOf<typeof topicConfigWrapperShape>
export const decodeTopicConfigSerializeWrapper = decoder('TopicConfigSerializeWrapper', topicConfigWrapperShape)
export const encodeTopicConfigSerializeWrapper = encoder(topicConfigWrapperShape)
