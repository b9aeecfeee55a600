import { asBuffer } from '../buffers.js'
import { crc32 } from './crc32.js'

/*
 * Last property of a record, written by 5.x with `enabledAppendPropCRC`: `__CRC32#` | 1 | ten digits | 2. The digits are those of the CRC over the
 * whole record in front of it, the lowest first (`MessageDecoder.createCrc32`).
 */
const name = Buffer.from('__CRC32#\u0001')
const digits = 10
const propertyBytes = name.length + digits + 1

/** Does the record at `at`, of `size` bytes, end in a checksum over all of it? */
export function hasPropertyCrc(record: Uint8Array, at: number, size: number): boolean {
  const from = at + size - propertyBytes
  if (record[from] !== name[0] || record[at + size - 1] !== 2) return false
  return name.every((byte, i) => record[from + i] === byte)
}

/** Does that checksum fit? True for a record without one. */
export function propertyCrcFits(record: Uint8Array, at: number, size: number): boolean {
  if (!hasPropertyCrc(record, at, size)) return true
  const end = at + size - 1
  return asBuffer(record).toString('latin1', end - digits, end) === digitsOf(record, at, size)
}

/** Makes the checksum of a record that has one fit: the property may have come along from another record. */
export function renewPropertyCrc(record: Uint8Array, at: number, size: number): void {
  if (!hasPropertyCrc(record, at, size)) return
  asBuffer(record).write(digitsOf(record, at, size), at + size - 1 - digits, 'latin1')
}

function digitsOf(record: Uint8Array, at: number, size: number): string {
  const crc = crc32(record.subarray(at, at + size - propertyBytes))
  return [...String(crc).padStart(digits, '0')].reverse().join('')
}
