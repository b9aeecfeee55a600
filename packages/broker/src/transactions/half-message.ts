import { MessageProperty, propertyOf, TopicName, TransactionType, withProperty, type MessageRecord } from '@mq/protocol'
import type { MessageToStore } from '@mq/store'

/** In whose name the broker notes how far it is with half and op messages (`CID_SYS_RMQ_TRANS`, 4.7.1). */
export const transactionGroup = 'CID_RMQ_SYS_TRANS'
/** Half and op messages have this one queue. */
export const transactionQueueId = 0

type WithText = MessageToStore & { properties: string }

const transactionBits = TransactionType.ROLLBACK

/**
 * Is this the first part of a transaction (`SendMessageProcessor`, 4.7.1)? The property decides. Committed messages keep
 * it: clients before 4.6.1 send them to a retry topic with it, and then it means nothing.
 */
export function isHalfMessage({ properties, reconsumeTimes }: WithText): boolean {
  const prepared = propertyOf(properties, MessageProperty.TRANSACTION_PREPARED)
  if (prepared?.toLowerCase() !== 'true') return false
  return reconsumeTimes === 0 || propertyOf(properties, MessageProperty.DELAY) === undefined
}

/** The message as it waits for its end (`TransactionalMessageBridge.parseHalfMessageInner`, 4.7.1): in no consumer's topic. */
export function halfMessage(message: WithText): WithText {
  const named = withProperty(message.properties, MessageProperty.REAL_TOPIC, message.topic)
  return {
    ...message,
    topic: TopicName.TRANSACTION_HALF,
    queueId: transactionQueueId,
    sysFlag: message.sysFlag & ~transactionBits,
    properties: withProperty(named, MessageProperty.REAL_QUEUE_ID, String(message.queueId)),
  }
}

/** Where a half message is to go once it is committed; undefined when it does not say so. */
export function destinationOf(half: MessageRecord): { topic: string; queueId: number } | undefined {
  const topic = propertyOf(half.properties, MessageProperty.REAL_TOPIC)
  const queueId = Number(propertyOf(half.properties, MessageProperty.REAL_QUEUE_ID))
  return topic === undefined || !Number.isSafeInteger(queueId) ? undefined : { topic, queueId }
}

/**
 * A half message as consumers get it (`EndTransactionProcessor.endMessageTransaction`, 4.7.1): all properties stay, those
 * of the transaction too.
 */
export const committedMessage = (half: MessageRecord, to: { topic: string; queueId: number }): WithText => ({
  ...contentOf(half),
  ...to,
  sysFlag: (half.sysFlag & ~transactionBits) | TransactionType.COMMIT,
  preparedTransactionOffset: half.commitLogOffset,
})

/** A half message once more, for another check, so that the queue before it is done (`renewHalfMessageInner`, 4.7.1). */
export const checkedCopy = (half: MessageRecord, checkTimes: number): WithText =>
  copyOf(half, withProperty(half.properties, MessageProperty.TRANSACTION_CHECK_TIMES, String(checkTimes)))

/** The same while it may not be asked about yet: an op message for the first one ends it (`renewImmunityHalfMessageInner`). */
export const immuneCopy = (half: MessageRecord): WithText =>
  copyOf(
    half,
    withProperty(
      half.properties,
      MessageProperty.TRANSACTION_PREPARED_QUEUE_OFFSET,
      String(firstOffsetOf(half) ?? half.queueOffset),
    ),
  )

/** A half message that is asked about no more, where operators find it. */
export const givenUpMessage = (half: MessageRecord): WithText => ({
  ...copyOf(half, half.properties),
  topic: TopicName.TRANSACTION_CHECK_MAX_TIME,
})

const copyOf = (half: MessageRecord, properties: string): WithText => ({
  ...contentOf(half),
  topic: TopicName.TRANSACTION_HALF,
  queueId: transactionQueueId,
  properties,
})

const contentOf = (half: MessageRecord) => ({
  flag: half.flag,
  sysFlag: half.sysFlag,
  bornTimestamp: half.bornTimestamp,
  bornHost: half.bornHost,
  reconsumeTimes: half.reconsumeTimes,
  preparedTransactionOffset: 0,
  body: half.body,
  properties: half.properties,
})

/** How often its producers were asked about a half message; undefined for one no check has put back. */
export const checkTimesOf = (half: MessageRecord): number | undefined =>
  wholeNumber(propertyOf(half.properties, MessageProperty.TRANSACTION_CHECK_TIMES))

/** The queue offset of the message that an immune copy stands for. */
export const firstOffsetOf = (half: MessageRecord): number | undefined =>
  wholeNumber(propertyOf(half.properties, MessageProperty.TRANSACTION_PREPARED_QUEUE_OFFSET))

/** How long its producer wants not to be asked, ms; undefined when it does not say so in whole seconds. */
export function immunityMsOf(half: MessageRecord): number | undefined {
  const seconds = wholeNumber(propertyOf(half.properties, MessageProperty.CHECK_IMMUNITY_TIME))
  return seconds === undefined ? undefined : seconds * 1000
}

/** A copy was put back by a check; its store time is not that of the message. */
export const isCopy = (half: MessageRecord): boolean =>
  firstOffsetOf(half) !== undefined || checkTimesOf(half) !== undefined

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
