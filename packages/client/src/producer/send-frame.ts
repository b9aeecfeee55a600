import { deflateSync } from 'node:zlib'
import { isRetryTopic, MessageSysFlag, RequestCode, type UniqueKeys } from '@mq/protocol'
import { isPlain, propertiesText } from './message.js'
import type { PendingSend } from './pending-send.js'
import type { ProducerSettings } from './producer-options.js'

/** What goes to a broker in one request: one message, or several of one topic as a batch. */
export interface SendFrame {
  readonly members: readonly PendingSend[]
  readonly batch: boolean
  /** The caller's own batch, which is stored whole or not at all. */
  readonly whole: boolean
  readonly requestCode: number
  readonly body: Uint8Array
  readonly properties: string
  readonly flag: number
  readonly sysFlag: number
  /** Set when a consumer sends a message to its retry topic itself. */
  readonly reconsumeTimes: number
  readonly maxReconsumeTimes: number | undefined
  /** Monotonic time after which nobody waits any more, ms. */
  readonly deadlineMs: number
  attempts: number
  /** Brokers that failed with it. */
  readonly failedAt: Set<string>
}

/** Whether anybody still waits for what becomes of it. */
export const isAwaited = ({ members }: SendFrame): boolean => members.some(({ settled }) => !settled)

/** Fixed part of a batch member: size, magic, CRC, flag, body length, properties length. */
export const memberOverhead = 22
/** What UNIQ_KEY and WAIT take in the properties of a plain message, with an IPv6 key. */
const plainPropertiesBytesMax = 96

/**
 * May it travel with others? RocketMQ's rules for batches: no delay, no retry topic; and compressed bodies, because the
 * flag that says so stands in the frame's header.
 */
export const mayTravelWithOthers = (pending: PendingSend, settings: ProducerSettings): boolean =>
  settings.grouping &&
  pending.bodyBytes <= settings.compressAbove &&
  pending.envelope?.alone !== true &&
  !pending.message.delayLevel &&
  !isRetryTopic(pending.message.topic)

/** A message in a frame of its own. */
export function singleFrame(
  pending: PendingSend,
  uniqueKeys: UniqueKeys,
  settings: ProducerSettings,
  deadlineMs: number,
): SendFrame {
  const { message, envelope } = pending
  const { compressAbove, compressLevel } = settings
  if (pending.msgId === '') pending.msgId = uniqueKeys.next()
  const properties = propertiesText(message, pending.msgId, envelope)
  const plain = typeof message.body === 'string' ? Buffer.from(message.body) : message.body
  const packed = plain.length > compressAbove ? deflateSync(plain, { level: compressLevel }) : plain
  const compressed = packed.length < plain.length
  return {
    members: [pending],
    batch: false,
    whole: false,
    requestCode: envelope?.requestCode ?? RequestCode.SEND_MESSAGE_V2,
    body: compressed ? packed : plain,
    properties,
    flag: message.flag ?? 0,
    sysFlag: (compressed ? MessageSysFlag.COMPRESSED : 0) | (envelope?.sysFlag ?? 0),
    reconsumeTimes: 0,
    maxReconsumeTimes: undefined,
    deadlineMs,
    attempts: 0,
    failedAt: new Set(),
  }
}

/**
 * Several messages as a batch (`MessageDecoder.encodeMessages`), written into one buffer. Each member:
 *
 *     i32 size | i32 magic 0 | i32 CRC 0 | i32 flag | i32 n, body | i16 n, properties
 */
export function batchFrame(
  members: readonly PendingSend[],
  uniqueKeys: UniqueKeys,
  deadlineMs: number,
  whole: boolean,
): SendFrame {
  let room = 0
  for (const pending of members) {
    if (pending.msgId === '') pending.msgId = uniqueKeys.next()
    room += memberOverhead + pending.bodyBytes + plainPropertiesBytesMax
  }
  const texts: (string | undefined)[] = members.map((pending) => {
    if (pending.envelope === undefined && isPlain(pending.message)) return undefined
    const text = propertiesText(pending.message, pending.msgId, pending.envelope)
    room += Buffer.byteLength(text)
    return text
  })
  const body = Buffer.allocUnsafeSlow(room)
  let at = 0
  for (let i = 0; i < members.length; i++) at = writeMember(body, at, members[i]!, texts[i])
  return {
    members,
    batch: true,
    whole,
    requestCode: RequestCode.SEND_BATCH_MESSAGE,
    body: body.subarray(0, at),
    properties: `WAIT\u0001${members[0]!.message.waitStoreOk !== false}\u0002`,
    flag: 0,
    sysFlag: 0,
    reconsumeTimes: 0,
    maxReconsumeTimes: undefined,
    deadlineMs,
    attempts: 0,
    failedAt: new Set(),
  }
}

function writeMember(target: Buffer, start: number, pending: PendingSend, properties: string | undefined): number {
  const { message, bodyBytes, msgId } = pending
  const { body } = message
  target.writeInt32BE(0, start + 4)
  target.writeInt32BE(0, start + 8)
  target.writeInt32BE(message.flag ?? 0, start + 12)
  target.writeInt32BE(bodyBytes, start + 16)
  const bodyAt = start + 20
  if (typeof body === 'string') target.write(body, bodyAt)
  else target.set(body, bodyAt)
  const propertiesAt = bodyAt + bodyBytes + 2
  const propertiesBytes =
    properties === undefined
      ? target.write(`UNIQ_KEY\u0001${msgId}\u0002WAIT\u0001true\u0002`, propertiesAt, 'latin1')
      : target.write(properties, propertiesAt)
  target.writeInt16BE(propertiesBytes, propertiesAt - 2)
  const end = propertiesAt + propertiesBytes
  target.writeInt32BE(end - start, start)
  return end
}
