import {
  decodeBatch,
  isRetryTopic,
  MessageProperty,
  propertyOf,
  recordByteLength,
  ResponseCode,
  TopicName,
  toSendMessage,
  TransactionType,
  transactionType,
  type Answer,
  type BatchMember,
  type ReceivedCommand,
  type SendMessageHeader,
  type TopicConfig,
} from '@mq/protocol'
import { ResponseError, type Channel } from '@mq/remoting'
import type { AcknowledgedStatus, AppendResult, MessageToStore } from '@mq/store'
import { refusal } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import type { Processor } from './processor.js'
import { ensureTransactionTopic } from '../topic-creation.js'
import { halfMessage, isHalfMessage } from '../transactions/half-message.js'
import { checkSend } from './send-checks.js'
import { retriedMessage } from './send-retried.js'

type Appended = Extract<AppendResult, { ok: true }>

/**
 * SEND_MESSAGE, SEND_MESSAGE_V2, SEND_BATCH_MESSAGE (`SendMessageProcessor`, 4.7.1). The answer leaves when the store has
 * reached its acknowledgement level, together with all others that waited for the same write.
 */
export const sendMessage: Processor = (broker, request, channel) => {
  try {
    if (broker.sends.isFull) return broker.sends.overload()
    const header = toSendMessage(request)
    if (header.batch) sendBatch(broker, request, channel, header)
    else sendOne(broker, request, channel, header)
    return undefined
  } catch (error) {
    // Java clients read these fields from errors too.
    if (error instanceof ResponseError) {
      return { code: error.code, remark: error.message, extFields: broker.sendFields }
    }
    throw error
  }
}

function sendOne(broker: BrokerState, request: ReceivedCommand, channel: Channel, header: SendMessageHeader): void {
  let topic = checkSend(broker, header, channel)
  let queueId = chosenQueue(broker, header, topic)
  let properties = header.properties ?? ''
  if (isRetryTopic(header.topic)) {
    const retried = retriedMessage(broker, header, request.version, { topic, queueId, properties })
    ;({ topic, queueId, properties } = retried)
  }
  requireBody(request.body)
  const message = messageToStore(broker, {
    topic: topic.topicName,
    queueId,
    flag: header.flag,
    sysFlag: header.sysFlag,
    bornTimestamp: header.bornTimestamp,
    bornHost: channel.remote,
    storeHost: broker.storeHost,
    reconsumeTimes: header.reconsumeTimes ?? 0,
    preparedTransactionOffset: 0,
    body: request.body,
    properties: withCluster(broker, properties),
  })
  const appended = requireAppended(broker.store.append(message))
  const waits = propertyOf(properties, MessageProperty.WAIT) !== 'false'
  const fields = sendAnswerFields(broker, appended.messageId, queueId, appended.queueOffset)
  answerWhenAcknowledged(broker, request, channel, { endOffset: appended.endOffset, waits, fields })
  broker.stats.put(topic.topicName, 1, request.body!.length)
}

/** What waits for a transaction or a delay goes to a topic of the broker's. */
function messageToStore(broker: BrokerState, message: MessageToStore & { properties: string }): MessageToStore {
  if (!isHalfMessage(message)) return broker.delays.schedule(message)
  if (broker.config.rejectTransactionMessage) {
    throw refusal(
      ResponseCode.NO_PERMISSION,
      `broker ${broker.config.brokerName} takes no transactional messages (rejectTransactionMessage=true)`,
    )
  }
  ensureTransactionTopic(broker, TopicName.TRANSACTION_HALF)
  return halfMessage(message)
}

function sendBatch(broker: BrokerState, request: ReceivedCommand, channel: Channel, header: SendMessageHeader): void {
  const topic = checkSend(broker, header, channel)
  const queueId = chosenQueue(broker, header, topic)
  const properties = header.properties ?? ''
  requireBatchable(header, properties)
  requireBatchBody(broker, request.body)
  const members = decodeBatch(request.body!)
  requireAllStorable(broker, members, { topic: topic.topicName, bornHost: channel.remote })
  let first: Appended | undefined
  let last: Appended | undefined
  let ids = ''
  for (const { flag, body, properties } of members) {
    last = requireAppended(
      broker.store.append({
        topic: topic.topicName,
        queueId,
        flag,
        sysFlag: header.sysFlag,
        bornTimestamp: header.bornTimestamp,
        bornHost: channel.remote,
        storeHost: broker.storeHost,
        reconsumeTimes: header.reconsumeTimes ?? 0,
        preparedTransactionOffset: 0,
        body,
        properties,
      }),
    )
    first ??= last
    ids = ids === '' ? last.messageId : `${ids},${last.messageId}`
  }
  const waits = propertyOf(properties, MessageProperty.WAIT) !== 'false'
  const fields = sendAnswerFields(broker, ids, queueId, first!.queueOffset)
  answerWhenAcknowledged(broker, request, channel, { endOffset: last!.endOffset, waits, fields })
  broker.stats.put(topic.topicName, members.length, request.body!.length)
}

/** A queue below zero leaves the choice to the broker. */
export const chosenQueue = (broker: BrokerState, header: SendMessageHeader, topic: TopicConfig): number =>
  header.queueId >= 0 ? header.queueId : broker.io.random.below(Math.max(1, topic.writeQueueNums))

/** An empty body is stored by 4.7.1 and then stops each of its own push consumers that meets it: refused here. */
export function requireBody(body: Uint8Array | undefined): void {
  if (body === undefined || body.length === 0) {
    throw refusal(ResponseCode.MESSAGE_ILLEGAL, 'the message has no body: it would stop Java consumers of its queue')
  }
}

/** As a whole, so that none of its members is stored when one would be too long (`DefaultMessageStore.checkMessages`). */
function requireBatchBody({ config }: BrokerState, body: Uint8Array | undefined): void {
  requireBody(body)
  if (body!.length <= config.maxMessageSize) return
  throw refusal(
    ResponseCode.MESSAGE_ILLEGAL,
    `the batch has ${body!.length} bytes, the most is ${config.maxMessageSize} (maxMessageSize): send it in parts`,
  )
}

/** All or none: nothing of a batch is appended before each of its members is known to be taken. */
function requireAllStorable(
  { config, storeHost }: BrokerState,
  members: readonly BatchMember[],
  { topic, bornHost }: Pick<MessageToStore, 'topic' | 'bornHost'>,
): void {
  const topicBytes = Buffer.byteLength(topic)
  for (const [index, { body, properties }] of members.entries()) {
    requireBody(body)
    const propertiesBytes = properties.length
    const size = recordByteLength({ bornHost, storeHost, topicBytes, bodyBytes: body.length, propertiesBytes })
    const problem =
      properties.at(-1) === 0
        ? 'has properties that end in a NUL character'
        : size > config.maxMessageSize
          ? `would have a record of ${size} bytes, the most is ${config.maxMessageSize} (maxMessageSize)`
          : undefined
    if (problem !== undefined)
      throw refusal(ResponseCode.MESSAGE_ILLEGAL, `message ${index} of the batch ${problem}: none of it is stored`)
  }
}

function requireBatchable(header: SendMessageHeader, properties: string): void {
  const problem = isRetryTopic(header.topic)
    ? 'cannot go to a retry topic'
    : propertyOf(properties, MessageProperty.DELAY) !== undefined
      ? 'cannot be delayed'
      : transactionType(header.sysFlag) !== TransactionType.NONE
        ? 'cannot be part of a transaction'
        : undefined
  if (problem !== undefined)
    throw refusal(ResponseCode.MESSAGE_ILLEGAL, `a batch ${problem}: send its messages one by one`)
}

/** Requesters find the cluster that replies go to by this property. */
function withCluster(broker: BrokerState, properties: string): string {
  if (properties.includes('CLUSTER\u0001')) return properties
  return properties === '' || properties.endsWith('\u0002')
    ? properties + broker.clusterProperty
    : `${properties}\u0002${broker.clusterProperty}`
}

export function requireAppended(result: AppendResult): Appended {
  if (result.ok) return result
  const code =
    result.reason === 'SERVICE_NOT_AVAILABLE' ? ResponseCode.SERVICE_NOT_AVAILABLE : ResponseCode.MESSAGE_ILLEGAL
  throw refusal(code, result.message)
}

export const sendAnswerFields = (broker: BrokerState, msgId: string, queueId: number, queueOffset: number) => ({
  msgId,
  queueId: String(queueId),
  queueOffset: String(queueOffset),
  MSG_REGION: broker.config.regionId,
  TRACE_ON: broker.config.traceOn ? 'true' : 'false',
})

function answerWhenAcknowledged(
  broker: BrokerState,
  request: ReceivedCommand,
  channel: Channel,
  sent: { endOffset: number; waits: boolean; fields: Record<string, string> },
): void {
  const { clock } = broker.io
  const startedMs = clock.monotonic()
  broker.sends.enter(startedMs)
  broker.store.whenAcknowledged(sent.endOffset, sent.waits, (status) => {
    const nowMs = clock.monotonic()
    broker.sends.leave(sent.waits ? nowMs : undefined)
    broker.putLatency.add(nowMs - startedMs)
    channel.answer(request, acknowledgement(broker, status, sent.fields))
  })
}

function acknowledgement(broker: BrokerState, status: AcknowledgedStatus, extFields: Record<string, string>): Answer {
  if (status === 'OK') return { code: ResponseCode.SUCCESS, extFields }
  if (status === 'FLUSH_DISK_TIMEOUT') {
    return {
      code: ResponseCode.FLUSH_DISK_TIMEOUT,
      remark: 'the message is stored; the disk did not confirm it in time',
      extFields,
    }
  }
  return { code: ResponseCode.SERVICE_NOT_AVAILABLE, remark: storeFailed(broker), extFields: broker.sendFields }
}

export const storeFailed = (broker: BrokerState): string =>
  broker.store.refusal ?? 'the message could not be made to last on the disk'
