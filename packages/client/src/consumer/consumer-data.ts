import type { ConsumerData } from '@mq/protocol'
import type { ConsumerKind } from './consumer-kind.js'
import type { ConsumerSettings } from './consumer-options.js'
import type { Subscriptions } from './subscriptions.js'

/** A consumer as heartbeats describe it. */
export const consumerData = (
  { group, broadcasting, consumeFrom, unitMode }: ConsumerSettings,
  { consumeType }: ConsumerKind,
  subscriptions: Subscriptions,
  version: number,
): ConsumerData => ({
  groupName: group,
  consumeType,
  messageModel: broadcasting ? 'BROADCASTING' : 'CLUSTERING',
  consumeFromWhere: consumeFromWhere(consumeFrom),
  subscriptionDataSet: subscriptions.data(version),
  unitMode,
})

const consumeFromWhere = (consumeFrom: ConsumerSettings['consumeFrom']): ConsumerData['consumeFromWhere'] =>
  consumeFrom === 'last'
    ? 'CONSUME_FROM_LAST_OFFSET'
    : consumeFrom === 'first'
      ? 'CONSUME_FROM_FIRST_OFFSET'
      : 'CONSUME_FROM_TIMESTAMP'
