import { asBuffer } from '../buffers.js'
import { ProtocolError } from '../errors.js'

/*
 * Batch body := { size:i32 | magic:i32 = 0 | bodyCrc:i32 = 0 | flag:i32 | n:i32 body | n:i16 properties }*
 * (`MessageDecoder.encodeMessages`); magic and CRC are not looked at.
 */
const fixedSize = 22

export interface BatchMember {
  flag: number
  body: Uint8Array
  /** In their stored form. */
  properties: Uint8Array
}

/** Bytes a member takes in a batch body. */
export const batchMemberBytes = (bodyBytes: number, propertiesBytes: number): number =>
  fixedSize + bodyBytes + propertiesBytes

/** The body of a `SEND_BATCH_MESSAGE`. */
export function encodeBatch(
  members: readonly { flag: number; body: Uint8Array; properties: string | Uint8Array }[],
): Uint8Array {
  let size = 0
  for (const { body, properties } of members) {
    size += batchMemberBytes(
      body.length,
      typeof properties === 'string' ? Buffer.byteLength(properties) : properties.length,
    )
  }
  const target = Buffer.allocUnsafe(size)
  let at = 0
  for (const member of members) at = writeMember(target, at, member)
  return target
}

function writeMember(
  target: Buffer,
  at: number,
  { flag, body, properties }: { flag: number; body: Uint8Array; properties: string | Uint8Array },
): number {
  target.fill(0, at + 4, at + 12)
  target.writeInt32BE(flag, at + 12)
  target.writeInt32BE(body.length, at + 16)
  target.set(body, at + 20)
  const lengthAt = at + 20 + body.length
  let propertiesSize = properties.length
  if (typeof properties === 'string') propertiesSize = target.write(properties, lengthAt + 2)
  else target.set(properties, lengthAt + 2)
  target.writeInt16BE(propertiesSize, lengthAt)
  const end = lengthAt + 2 + propertiesSize
  target.writeInt32BE(end - at, at)
  return end
}

/** The members of a batch body, as slices of it. Throws `ProtocolError` `BODY` when it is not one, or empty. */
export function decodeBatch(bytes: Uint8Array): BatchMember[] {
  const buffer = asBuffer(bytes)
  const members: BatchMember[] = []
  for (let at = 0; at < buffer.length;) {
    if (buffer.length - at < fixedSize) throw notABatch(members.length, 'is cut off')
    const end = at + buffer.readInt32BE(at)
    if (end < at + fixedSize || end > buffer.length)
      throw notABatch(members.length, 'announces more or less than is there')
    const bodyAt = at + 20
    const bodyEnd = bodyAt + buffer.readInt32BE(at + 16)
    if (bodyEnd < bodyAt || bodyEnd + 2 > end) throw notABatch(members.length, 'has a body that does not fit')
    const propertiesAt = bodyEnd + 2
    if (propertiesAt + buffer.readInt16BE(bodyEnd) !== end)
      throw notABatch(members.length, 'has properties that do not fit')
    members.push({
      flag: buffer.readInt32BE(at + 12),
      body: buffer.subarray(bodyAt, bodyEnd),
      properties: buffer.subarray(propertiesAt, end),
    })
    at = end
  }
  if (members.length === 0) throw new ProtocolError('BODY', 'a batch without messages')
  return members
}

const notABatch = (index: number, problem: string) =>
  new ProtocolError('BODY', `message ${index + 1} of the batch ${problem}`)
