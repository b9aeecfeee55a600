import { ProtocolError } from '../errors.js'
import { crc32 } from './crc32.js'
import { addressBytes, type HostAddress } from './host-address.js'
import { propertiesBytesMax } from './properties.js'
import { RecordMagic } from './record.js'
import { MessageSysFlag } from './sys-flag.js'

/** What a record is made of; positions and times are known when it is written. */
export interface RecordParts {
  queueId: number
  flag: number
  queueOffset: number
  commitLogOffset: number
  /** Host bits are set by the writer. */
  sysFlag: number
  bornTimestamp: number
  bornHost: HostAddress
  storeTimestamp: number
  storeHost: HostAddress
  reconsumeTimes: number
  preparedTransactionOffset: number
  body: Uint8Array | undefined
  topic: string
  properties: string | Uint8Array
}

/** Bytes a record takes: fixed parts, hosts, body, topic, properties. */
export function recordByteLength(parts: {
  bornHost: HostAddress
  storeHost: HostAddress
  topicBytes: number
  bodyBytes: number
  propertiesBytes: number
}): number {
  const hosts = 2 * 4 + addressBytes(parts.bornHost.host).length + addressBytes(parts.storeHost.host).length
  const topicLengthSize = parts.topicBytes > 127 ? 2 : 1
  return 74 + topicLengthSize + hosts + parts.topicBytes + parts.bodyBytes + parts.propertiesBytes
}

/**
 * Writes a record at `at` and returns its size. The caller has made sure, with `recordByteLength`, that it fits and that
 * properties take at most 32,767 bytes and the topic at most 255. Throws `RangeError` when a number has no place in it.
 */
export function writeRecord(target: Buffer, at: number, parts: RecordParts): number {
  const view = viewOf(target)
  const born = addressBytes(parts.bornHost.host)
  const store = addressBytes(parts.storeHost.host)
  const { body, properties } = parts
  const bodySize = body === undefined ? 0 : body.length
  view.setInt32(at + 8, bodySize === 0 ? 0 : crc32(body!))
  view.setInt32(at + 12, int32(parts.queueId))
  view.setInt32(at + 16, int32(parts.flag))
  setInt64(view, at + 20, parts.queueOffset)
  setInt64(view, at + 28, parts.commitLogOffset)
  view.setInt32(at + 36, withHostBits(int32(parts.sysFlag), born.length === 16, store.length === 16))
  setInt64(view, at + 40, parts.bornTimestamp)
  let end = writeHost(target, view, born, parts.bornHost.port, at + 48)
  setInt64(view, end, parts.storeTimestamp)
  end = writeHost(target, view, store, parts.storeHost.port, end + 8)
  view.setInt32(end, int32(parts.reconsumeTimes))
  setInt64(view, end + 4, parts.preparedTransactionOffset)
  view.setInt32(end + 12, bodySize)
  end += 16
  if (bodySize > 0) target.set(body!, end)
  end += bodySize
  const topic = topicBytes(parts.topic)
  const isLong = topic.length > 127
  if (isLong) view.setInt16(end, topic.length)
  else view.setInt8(end, topic.length)
  end += isLong ? 2 : 1
  target.set(topic, end)
  end = writeProperties(target, view, properties, end + topic.length)
  view.setInt32(at, end - at)
  view.setInt32(at + 4, isLong ? RecordMagic.V2 : RecordMagic.V1)
  return end - at
}

function writeProperties(target: Buffer, view: DataView, properties: string | Uint8Array, at: number): number {
  let size: number
  if (typeof properties === 'string') size = target.write(properties, at + 2)
  else {
    target.set(properties, at + 2)
    size = properties.length
  }
  if (size > propertiesBytesMax)
    throw new ProtocolError(
      'RECORD',
      `a record would have ${size} bytes of properties, the most is ${propertiesBytesMax}`,
    )
  view.setInt16(at, size)
  return at + 2 + size
}

function withHostBits(sysFlag: number, bornV6: boolean, storeV6: boolean): number {
  const plain = sysFlag & ~(MessageSysFlag.BORN_HOST_V6 | MessageSysFlag.STORE_HOST_V6)
  return plain | (bornV6 ? MessageSysFlag.BORN_HOST_V6 : 0) | (storeV6 ? MessageSysFlag.STORE_HOST_V6 : 0)
}

function writeHost(target: Buffer, view: DataView, address: Uint8Array, port: number, at: number): number {
  for (let i = 0; i < address.length; i++) target[at + i] = address[i]!
  view.setInt32(at + address.length, int32(port))
  return at + address.length + 4
}

/** A view would cut what does not fit. */
function int32(value: number): number {
  if (value === (value | 0)) return value
  throw new RangeError(`${value} is no 32-bit integer`)
}

/** In two halves: many times faster than through BigInt. Exact up to 2^53. */
function setInt64(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  if (high !== (high | 0)) throw new RangeError(`${value} is no 64-bit integer`)
  view.setInt32(at, high)
  view.setUint32(at + 4, value - high * 0x1_0000_0000)
}

let lastTarget: Buffer | undefined
let lastView: DataView = new DataView(new ArrayBuffer(0))

/** Records go into few large blocks one after the other: the view of the last is kept, a view being costly to make. */
function viewOf(target: Buffer): DataView {
  if (target !== lastTarget) {
    lastTarget = target
    lastView = new DataView(target.buffer, target.byteOffset, target.byteLength)
  }
  return lastView
}

/** Few topics, many messages. */
const topics = new Map<string, Uint8Array>()

function topicBytes(topic: string): Uint8Array {
  const known = topics.get(topic)
  if (known) return known
  const bytes = Buffer.from(topic, 'utf8')
  if (topics.size >= 4096) topics.clear()
  topics.set(topic, bytes)
  return bytes
}
