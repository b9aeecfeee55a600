import { dataVersionShape } from './topic-config.js'
import { decoder, encoder, shape, withDefault, type ShapeOf } from './shape.js'
import { flag, integer, text } from './values.js'
import { mapOf } from './collections.js'

const yes = () => true

/** A consumer group as a broker keeps it. Defaults as `SubscriptionGroupConfig`. */
export const subscriptionGroupConfigShape = shape({
  groupName: text,
  consumeEnable: withDefault(flag, yes),
  consumeFromMinEnable: withDefault(flag, yes),
  consumeBroadcastEnable: withDefault(flag, yes),
  retryQueueNums: withDefault(integer, () => 1),
  retryMaxTimes: withDefault(integer, () => 16),
  brokerId: withDefault(integer, () => 0),
  whichBrokerWhenConsumeSlowly: withDefault(integer, () => 1),
  notifyConsumerIdsChangedEnable: withDefault(flag, yes),
})
export type SubscriptionGroupConfig = ShapeOf<typeof subscriptionGroupConfigShape>
export const decodeSubscriptionGroupConfig = decoder('SubscriptionGroupConfig', subscriptionGroupConfigShape)
export const encodeSubscriptionGroupConfig = encoder(subscriptionGroupConfigShape)

const wrapperShape = shape({
  dataVersion: withDefault(dataVersionShape, () => ({ counter: 0, timestamp: 0 })),
  subscriptionGroupTable: mapOf(subscriptionGroupConfigShape),
})
/** GET_ALL_SUBSCRIPTIONGROUP_CONFIG, and `config/subscriptionGroup.json`. */
export type SubscriptionGroupWrapper = ShapeOf<typeof wrapperShape>
export const decodeSubscriptionGroupWrapper = decoder('SubscriptionGroupWrapper', wrapperShape)
export const encodeSubscriptionGroupWrapper = encoder(wrapperShape)
