import { crc32Full } from '@mq/protocol'

export interface FlippedBit {
  /** Byte in what was looked at. */
  byte: number
  /** 0 is the lowest. */
  bit: number
}

/**
 * The one bit whose flip explains why bytes no longer have their CRC-32; undefined when no single bit does. By the way a CRC is made, the
 * difference of two checksums depends only on where the bits differ.
 */
export function flippedBit(bytes: Uint8Array, wanted: number): FlippedBit | undefined {
  const difference = (crc32Full(bytes) ^ wanted) | 0
  // What a flip of each bit of the last byte does to the checksum; one byte further in front it is this, one byte on.
  const effects = Array.from({ length: 8 }, (_, bit) => table[1 << bit]!)
  for (let byte = bytes.length - 1; byte >= 0; byte--) {
    for (let bit = 0; bit < 8; bit++) {
      const effect = effects[bit]!
      if (effect === difference) return { byte, bit }
      effects[bit] = table[effect & 0xff]! ^ (effect >>> 8)
    }
  }
  return undefined
}

const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1
  return value
})
