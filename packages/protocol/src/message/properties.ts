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

/**
 * All properties, without prototype; of a repeated name the last. Items that do not split into a name and a value, both
 * with something in them, are left out (`MessageDecoder.string2messageProperties`).
 */
export function decodeProperties(text: string): Record<string, string> {
  const properties: Record<string, string> = Object.create(null)
  let split = text.indexOf(separator)
  for (let at = 0; split >= 0;) {
    const end = endOfItem(text, at)
    if (split < end) {
      const value = split === at ? undefined : valueBetween(text, split + 1, end)
      if (value !== undefined) properties[text.slice(at, split)] = value
      split = text.indexOf(separator, end)
    }
    at = end + 1
  }
  return properties
}

export function encodeProperties(properties: Record<string, string>): string {
  let text = ''
  for (const name in properties) text += name + separator + properties[name] + terminator
  return text
}

/** One property, found without splitting the rest: what `decodeProperties` would give for it. */
export function propertyOf(text: string, name: string): string | undefined {
  const wanted = name + separator
  let found: string | undefined
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    if (startsItem(text, at)) found = valueBetween(text, at + wanted.length, endOfItem(text, at)) ?? found
  }
  return found
}

/** One property of the stored bytes. Making them a string is cheaper than searching them as they are. */
export const propertyOfBytes = (bytes: Uint8Array, name: string): string | undefined =>
  propertyOf(asBuffer(bytes).toString('utf8'), name)

/** Sets a property, in place of those of that name. */
export function withProperty(text: string, name: string, value: string): string {
  const rest = withoutProperty(text, name)
  // What stands before needs its terminator.
  const between = rest === '' || rest.endsWith(terminator) ? '' : terminator
  return rest + between + name + separator + value + terminator
}

/** Takes a property out, as often as it is there. */
export function withoutProperty(text: string, name: string): string {
  const wanted = name + separator
  let kept = ''
  let from = 0
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at)) {
    if (startsItem(text, at)) {
      kept += text.slice(from, at)
      from = at = endOfItem(text, at) + 1
    } else at++
  }
  return from === 0 ? text : kept + text.slice(from)
}

const startsItem = (text: string, at: number): boolean => at === 0 || text.charCodeAt(at - 1) === 2

function endOfItem(text: string, at: number): number {
  const end = text.indexOf(terminator, at)
  return end < 0 ? text.length : end
}

/** A value, unless it is empty or has a separator inside. Separators at its end do not count: so Java's `split` has it. */
function valueBetween(text: string, from: number, end: number): string | undefined {
  while (end > from && text.charCodeAt(end - 1) === 1) end--
  const value = text.slice(from, end)
  return value === '' || value.includes(separator) ? undefined : value
}
