import { RequestCode } from '../codes/request-code.js'
import type { ReceivedCommand } from '../command.js'
import { bool, headerTable, int, long, optional, text, type HeaderOf } from '../header-table.js'

/** SEND_MESSAGE, and SEND_REPLY_MESSAGE (`SendMessageRequestHeader`, 4.7.1). The Go and C++ clients send this form. */
export const sendMessageRequest = headerTable('SEND_MESSAGE', {
  producerGroup: text(),
  topic: text(),
  defaultTopic: text(),
  defaultTopicQueueNums: int(),
  queueId: int(),
  sysFlag: int(),
  bornTimestamp: long(),
  flag: int(),
  properties: optional(text()),
  reconsumeTimes: optional(int()),
  unitMode: optional(bool()),
  batch: optional(bool()),
  maxReconsumeTimes: optional(int()),
})

/** The same with one letter a field (`SendMessageRequestHeaderV2`): what Java sends. */
export const sendMessageV2Request = headerTable('SEND_MESSAGE_V2', {
  producerGroup: text('a'),
  topic: text('b'),
  defaultTopic: text('c'),
  defaultTopicQueueNums: int('d'),
  queueId: int('e'),
  sysFlag: int('f'),
  bornTimestamp: long('g'),
  flag: int('h'),
  properties: optional(text('i')),
  reconsumeTimes: optional(int('j')),
  unitMode: optional(bool('k')),
  maxReconsumeTimes: optional(int('l')),
  batch: optional(bool('m')),
})

/**
 * The answer to any send. `msgId` of a batch: the ids of its messages, joined by commas; `queueOffset` is then that of the
 * first. `transactionId` stays unset in 4.7.1. Java clients need `extFields` even in an error: send the last two always.
 */
export const sendMessageResponse = headerTable('SEND_MESSAGE response', {
  msgId: text(),
  queueId: int(),
  queueOffset: long(),
  transactionId: optional(text()),
  msgRegion: optional(text('MSG_REGION')),
  traceOn: optional(bool('TRACE_ON')),
})

export type SendMessageHeader = HeaderOf<typeof sendMessageV2Request>

const shortForm: ReadonlySet<number> = new Set([
  RequestCode.SEND_MESSAGE_V2,
  RequestCode.SEND_BATCH_MESSAGE,
  RequestCode.SEND_REPLY_MESSAGE_V2,
])

/**
 * The header of any send request, whichever form it came in. A batch is known by its code or by its flag: C++ sends
 * batches with the code of single messages.
 */
export function toSendMessage(command: ReceivedCommand): SendMessageHeader & { batch: boolean } {
  const table = shortForm.has(command.code) ? sendMessageV2Request : sendMessageRequest
  const header = table.decode(command.extFields) as SendMessageHeader
  header.batch = header.batch === true || command.code === RequestCode.SEND_BATCH_MESSAGE
  return header as SendMessageHeader & { batch: boolean }
}

/** CONSUMER_SEND_MSG_BACK */
export const consumerSendMsgBackRequest = headerTable('CONSUMER_SEND_MSG_BACK', {
  offset: long(),
  group: text(),
  delayLevel: int(),
  originMsgId: optional(text()),
  originTopic: optional(text()),
  unitMode: optional(bool()),
  maxReconsumeTimes: optional(int()),
})

/** END_TRANSACTION */
export const endTransactionRequest = headerTable('END_TRANSACTION', {
  producerGroup: text(),
  tranStateTableOffset: long(),
  commitLogOffset: long(),
  commitOrRollback: int(),
  fromTransactionCheck: optional(bool()),
  msgId: optional(text()),
  transactionId: optional(text()),
})

/** CHECK_TRANSACTION_STATE, broker to producer. */
export const checkTransactionStateRequest = headerTable('CHECK_TRANSACTION_STATE', {
  tranStateTableOffset: long(),
  commitLogOffset: long(),
  msgId: optional(text()),
  transactionId: optional(text()),
  offsetMsgId: optional(text()),
})

/** PUSH_REPLY_MESSAGE_TO_CLIENT, broker to requester (`ReplyMessageRequestHeader`). */
export const replyMessageRequest = headerTable('PUSH_REPLY_MESSAGE_TO_CLIENT', {
  producerGroup: text(),
  topic: text(),
  defaultTopic: text(),
  defaultTopicQueueNums: int(),
  queueId: int(),
  sysFlag: int(),
  bornTimestamp: long(),
  flag: int(),
  properties: optional(text()),
  reconsumeTimes: optional(int()),
  unitMode: optional(bool()),
  bornHost: text(),
  storeHost: text(),
  storeTimestamp: long(),
})
