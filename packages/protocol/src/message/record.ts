import { asBuffer } from '../buffers.js'
import { ProtocolError } from '../errors.js'
import { crc32 } from './crc32.js'
import { addressText, type HostAddress } from './host-address.js'
import { readInt64 } from './int64.js'
import { MessageSysFlag } from './sys-flag.js'

/*
 * Record (`CommitLog`), as it lies in the commit log and as pulls carry it. Hosts take 4 or 16 address bytes by sysFlag.
 *
 *   0 size:i32 | 4 magic:i32 | 8 bodyCrc:i32 | 12 queueId:i32 | 16 flag:i32 | 20 queueOffset:i64 | 28 commitLogOffset:i64
 *   36 sysFlag:i32 | 40 bornTimestamp:i64 | 48 bornHost | storeTimestamp:i64 | storeHost | reconsumeTimes:i32
 *   preparedTransactionOffset:i64 | n:i32 body | n:i8 (V2: i16) topic | n:i16 properties
 */
export const RecordMagic = {
  /** All records of 4.x, and of 5.x with topics up to 127 bytes. */
  V1: 0xdaa320a7 | 0,
  /** 5.x, for longer topics: their length takes 16 bits. */
  V2: 0xdaa320ab | 0,
  /** Filler at the end of a commit log file: size and magic, the rest has no meaning. */
  BLANK: 0xcbd43194 | 0,
} as const

export interface MessageRecord {
  size: number
  magic: number
  bodyCrc: number
  queueId: number
  flag: number
  queueOffset: number
  commitLogOffset: number
  sysFlag: number
  bornTimestamp: number
  bornHost: HostAddress
  storeTimestamp: number
  storeHost: HostAddress
  reconsumeTimes: number
  preparedTransactionOffset: number
  /** As stored: compressed when `sysFlag` says so. Empty when there is none. A slice of what was decoded. */
  body: Uint8Array
  topic: string
  /** In their stored form; see `decodeProperties`. */
  properties: string
}

/** Offsets of fixed fields within a record, for readers that need a field or two of bytes known to be a record. */
export const recordField = {
  queueId: 12,
  queueOffset: 20,
  commitLogOffset: 28,
  sysFlag: 36,
  bornTimestamp: 40,
} as const

export const recordSize = (bytes: Uint8Array, at = 0): number => asBuffer(bytes).readInt32BE(at)
export const recordQueueOffset = (bytes: Uint8Array, at = 0): number =>
  readInt64(asBuffer(bytes), at + recordField.queueOffset)
export const recordCommitLogOffset = (bytes: Uint8Array, at = 0): number =>
  readInt64(asBuffer(bytes), at + recordField.commitLogOffset)
export const recordSysFlag = (bytes: Uint8Array, at = 0): number =>
  asBuffer(bytes).readInt32BE(at + recordField.sysFlag)

export const recordStoreTimestamp = (bytes: Uint8Array, at = 0): number =>
  readInt64(asBuffer(bytes), at + 48 + hostSize(recordSysFlag(bytes, at), MessageSysFlag.BORN_HOST_V6))

/** Where the parts of variable size of a record lie; throws `ProtocolError` `RECORD` when they do not fit the record. */
export interface RecordLayout {
  size: number
  storeHostAt: number
  bodyAt: number
  bodySize: number
  topicAt: number
  topicSize: number
  propertiesAt: number
  propertiesSize: number
}

export function recordLayout(bytes: Uint8Array, at = 0): RecordLayout {
  const buffer = asBuffer(bytes)
  const left = buffer.length - at
  if (left < minimumSize) throw broken(at, `has ${left} bytes, the least is ${minimumSize}`)
  const size = buffer.readInt32BE(at)
  const magic = buffer.readInt32BE(at + 4)
  if (magic !== RecordMagic.V1 && magic !== RecordMagic.V2)
    throw broken(at, `has the magic 0x${(magic >>> 0).toString(16)}`)
  if (size < minimumSize || size > left) throw broken(at, `announces ${size} bytes, ${left} are there`)
  const end = at + size
  const sysFlag = buffer.readInt32BE(at + recordField.sysFlag)
  const storeHostAt = at + 56 + hostSize(sysFlag, MessageSysFlag.BORN_HOST_V6)
  const bodyAt = storeHostAt + hostSize(sysFlag, MessageSysFlag.STORE_HOST_V6) + 16
  const topicLengthSize = magic === RecordMagic.V1 ? 1 : 2
  const bodySize = announced(buffer, bodyAt - 4, 4, end - topicLengthSize - 2, at)
  const topicAt = bodyAt + bodySize + topicLengthSize
  const topicSize = announced(buffer, topicAt - topicLengthSize, topicLengthSize, end - 2, at)
  const propertiesAt = topicAt + topicSize + 2
  const propertiesSize = announced(buffer, propertiesAt - 2, 2, end, at)
  if (propertiesAt + propertiesSize !== end)
    throw broken(at, `announces ${size} bytes, its parts make ${propertiesAt + propertiesSize - at}`)
  return { size, storeHostAt, bodyAt, bodySize, topicAt, topicSize, propertiesAt, propertiesSize }
}

const minimumSize = 91

/** Reads a length field and checks that what it announces ends by `end`. */
function announced(buffer: Buffer, fieldAt: number, fieldSize: number, end: number, recordAt: number): number {
  const after = fieldAt + fieldSize
  const length = after <= end ? lengthAt(buffer, fieldAt, fieldSize) : -1
  if (length < 0 || after + length > end) throw broken(recordAt, 'has a length field that points out of it')
  return length
}

const lengthAt = (buffer: Buffer, at: number, size: number): number =>
  size === 4 ? buffer.readInt32BE(at) : size === 2 ? buffer.readInt16BE(at) : buffer.readInt8(at)

export function decodeRecord(bytes: Uint8Array, at = 0): MessageRecord {
  const buffer = asBuffer(bytes)
  const layout = recordLayout(buffer, at)
  const sysFlag = buffer.readInt32BE(at + recordField.sysFlag)
  const { storeHostAt, bodyAt, topicAt, propertiesAt } = layout
  return {
    size: layout.size,
    magic: buffer.readInt32BE(at + 4),
    bodyCrc: buffer.readInt32BE(at + 8),
    queueId: buffer.readInt32BE(at + 12),
    flag: buffer.readInt32BE(at + 16),
    queueOffset: readInt64(buffer, at + 20),
    commitLogOffset: readInt64(buffer, at + 28),
    sysFlag,
    bornTimestamp: readInt64(buffer, at + 40),
    bornHost: readHost(buffer, at + 48, sysFlag & MessageSysFlag.BORN_HOST_V6),
    storeTimestamp: readInt64(buffer, storeHostAt - 8),
    storeHost: readHost(buffer, storeHostAt, sysFlag & MessageSysFlag.STORE_HOST_V6),
    reconsumeTimes: buffer.readInt32BE(bodyAt - 16),
    preparedTransactionOffset: readInt64(buffer, bodyAt - 12),
    body: buffer.subarray(bodyAt, bodyAt + layout.bodySize),
    topic: buffer.toString('utf8', topicAt, topicAt + layout.topicSize),
    properties: buffer.toString('utf8', propertiesAt, propertiesAt + layout.propertiesSize),
  }
}

/** The records of a pull response, one behind the other. Throws at the first that cannot be read. */
export function* recordsIn(bytes: Uint8Array): Generator<MessageRecord> {
  for (let at = 0; at < bytes.length;) {
    const record = decodeRecord(bytes, at)
    yield record
    at += record.size
  }
}

export function recordTopic(bytes: Uint8Array, at = 0): string {
  const { topicAt, topicSize } = recordLayout(bytes, at)
  return asBuffer(bytes).toString('utf8', topicAt, topicAt + topicSize)
}

/** The properties of a record, as bytes in place. */
export function recordProperties(bytes: Uint8Array, at = 0): Uint8Array {
  const { propertiesAt, propertiesSize } = recordLayout(bytes, at)
  return bytes.subarray(propertiesAt, propertiesAt + propertiesSize)
}

/** Is the body the one whose checksum the record carries? Empty bodies carry none. */
export function recordBodyIntact(bytes: Uint8Array, at = 0): boolean {
  const { bodyAt, bodySize } = recordLayout(bytes, at)
  return bodySize === 0 || crc32(bytes.subarray(bodyAt, bodyAt + bodySize)) === asBuffer(bytes).readInt32BE(at + 8)
}

/** Address and port. */
const hostSize = (sysFlag: number, bit: number): number => (sysFlag & bit ? 20 : 8)

function readHost(buffer: Buffer, at: number, v6: number): HostAddress {
  const size = v6 ? 16 : 4
  return { host: addressText(buffer, at, size), port: buffer.readInt32BE(at + size) }
}

const broken = (at: number, problem: string) =>
  new ProtocolError('RECORD', `the message record at byte ${at} ${problem}`)
