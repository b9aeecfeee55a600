import { asBuffer } from '../buffers.js'

/*
 * Properties := { name SOH value STX }*      SOH = U+0001, STX = U+0002; the last STX may be missing.
 */
const separator = '\u0001'
const terminator = '\u0002'

/** Property names with a meaning of their own (`MessageConst`). */
export const MessageProperty = {
  KEYS: 'KEYS',
  TAGS: 'TAGS',
  WAIT: 'WAIT',
  DELAY: 'DELAY',
  RETRY_TOPIC: 'RETRY_TOPIC',
  REAL_TOPIC: 'REAL_TOPIC',
  REAL_QUEUE_ID: 'REAL_QID',
  TRANSACTION_PREPARED: 'TRAN_MSG',
  PRODUCER_GROUP: 'PGROUP',
  MIN_OFFSET: 'MIN_OFFSET',
  MAX_OFFSET: 'MAX_OFFSET',
  UNIQ_KEY: 'UNIQ_KEY',
  ORIGIN_MESSAGE_ID: 'ORIGIN_MESSAGE_ID',
  RECONSUME_TIME: 'RECONSUME_TIME',
  MAX_RECONSUME_TIMES: 'MAX_RECONSUME_TIMES',
  CONSUME_START_TIME: 'CONSUME_START_TIME',
  MSG_REGION: 'MSG_REGION',
  TRACE_ON: 'TRACE_ON',
  CLUSTER: 'CLUSTER',
  INSTANCE_ID: 'INSTANCE_ID',
  CORRELATION_ID: 'CORRELATION_ID',
  REPLY_TO_CLIENT: 'REPLY_TO_CLIENT',
  TTL: 'TTL',
  ARRIVE_TIME: 'ARRIVE_TIME',
  PUSH_REPLY_TIME: 'PUSH_REPLY_TIME',
  MESSAGE_TYPE: 'MSG_TYPE',
  BUYER_ID: 'BUYER_ID',
  TRANSFER_FLAG: 'TRANSFER_FLAG',
  CORRECTION_FLAG: 'CORRECTION_FLAG',
  MQ2_FLAG: 'MQ2_FLAG',
  TRANSACTION_CHECK_TIMES: 'TRANSACTION_CHECK_TIMES',
  CHECK_IMMUNITY_TIME: 'CHECK_IMMUNITY_TIME_IN_SECONDS',
  TRANSACTION_PREPARED_QUEUE_OFFSET: 'TRAN_PREPARED_QUEUE_OFFSET',
} as const

/** Longest stored form: its length travels in 16 signed bits. */
export const propertiesBytesMax = 32_767

/** All properties, without prototype. Items with an empty name or value, or without a separator, are left out, as in Java. */
export function decodeProperties(text: string): Record<string, string> {
  const properties: Record<string, string> = Object.create(null)
  for (let at = 0; at < text.length;) {
    const end = endOfItem(text, at)
    const split = text.indexOf(separator, at)
    if (split > at && split < end - 1) properties[text.slice(at, split)] = text.slice(split + 1, end)
    at = end + 1
  }
  return properties
}

export function encodeProperties(properties: Record<string, string>): string {
  let text = ''
  for (const name in properties) text += name + separator + properties[name] + terminator
  return text
}

/** One property, found without splitting the rest. */
export function propertyOf(text: string, name: string): string | undefined {
  const at = positionOf(text, name)
  if (at < 0) return undefined
  const value = text.slice(at + name.length + 1, endOfItem(text, at))
  return value === '' ? undefined : value
}

/** One property of the stored bytes. */
export function propertyOfBytes(bytes: Uint8Array, name: string): string | undefined {
  const buffer = asBuffer(bytes)
  const wanted = name + separator
  for (let at = buffer.indexOf(wanted); at >= 0; at = buffer.indexOf(wanted, at + 1)) {
    if (at > 0 && buffer[at - 1] !== 2) continue
    const end = buffer.indexOf(2, at)
    const value = buffer.toString('utf8', at + Buffer.byteLength(wanted), end < 0 ? buffer.length : end)
    return value === '' ? undefined : value
  }
  return undefined
}

/** Sets a property, in place of one of that name. */
export const withProperty = (text: string, name: string, value: string): string =>
  withoutProperty(text, name) + name + separator + value + terminator

export function withoutProperty(text: string, name: string): string {
  const at = positionOf(text, name)
  // The item before keeps its terminator, and what is put behind needs one.
  if (at < 0) return text === '' || text.endsWith(terminator) ? text : text + terminator
  return withoutProperty(text.slice(0, at) + text.slice(endOfItem(text, at) + 1), name)
}

function positionOf(text: string, name: string): number {
  const wanted = name + separator
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (at === 0 || text.charCodeAt(at - 1) === 2) return at
  }
  return -1
}

function endOfItem(text: string, at: number): number {
  const end = text.indexOf(terminator, at)
  return end < 0 ? text.length : end
}
