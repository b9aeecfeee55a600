import {
  decodeBatch,
  isRetryTopic,
  MessageProperty,
  propertyOf,
  recordByteLength,
  ResponseCode,
  TransactionType,
  transactionType,
  type BatchMember,
  type ReceivedCommand,
  type SendMessageHeader,
} from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import type { MessageToStore } from '@mq/store'
import { refusal } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import { checkSend, chosenQueue, requireBody, tooLong } from './send-checks.js'
import { answerWhenAcknowledged, requireAppended, sendAnswerFields, type Appended } from './send-outcome.js'

/** A batch: messages of one topic and queue, stored all or none. */
export function sendBatch(
  broker: BrokerState,
  request: ReceivedCommand,
  channel: Channel,
  header: SendMessageHeader,
): void {
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

function requireBatchable(header: SendMessageHeader, properties: string): void {
  const problem = isRetryTopic(header.topic)
    ? 'cannot go to a retry topic'
    : propertyOf(properties, MessageProperty.DELAY) !== undefined
      ? 'cannot be delayed'
      : transactionType(header.sysFlag) !== TransactionType.NONE
        ? 'cannot be part of a transaction'
        : undefined
  if (problem !== undefined) throw illegal(`a batch ${problem}: send its messages one by one`)
}

/** As a whole (`DefaultMessageStore.checkMessages`). */
function requireBatchBody({ config }: BrokerState, body: Uint8Array | undefined): void {
  requireBody(body)
  if (body!.length <= config.maxMessageSize) return
  throw illegal(
    `the batch has ${body!.length} bytes, the most is ${config.maxMessageSize} (maxMessageSize): send it in parts`,
  )
}

/** All or none: nothing of a batch is appended before each of its members is known to be taken. */
function requireAllStorable(
  broker: BrokerState,
  members: readonly BatchMember[],
  { topic, bornHost }: Pick<MessageToStore, 'topic' | 'bornHost'>,
): void {
  const { storeHost } = broker
  const topicBytes = Buffer.byteLength(topic)
  for (const [index, { body, properties }] of members.entries()) {
    requireBody(body)
    const propertiesBytes = properties.length
    const size = recordByteLength({ bornHost, storeHost, topicBytes, bodyBytes: body.length, propertiesBytes })
    const problem = properties.at(-1) === 0 ? 'has properties that end in a NUL character' : tooLong(broker, size)
    if (problem !== undefined) throw illegal(`message ${index} of the batch ${problem}: none of it is stored`)
  }
}

const illegal = (problem: string) => refusal(ResponseCode.MESSAGE_ILLEGAL, problem)
