import zlib from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  crc32,
  defaultDelayLevels,
  javaHash,
  parseDelayLevels,
  readInt64,
  tagsCodeOf,
  writeInt64,
} from '../../src/index.js'
import { protocolErrorOf } from '../support/bad-bytes.js'

describe('crc32', () => {
  it('is the checksum everybody means, without its top bit', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926 & 0x7fff_ffff)
    expect(crc32(new Uint8Array())).toBe(0)
  })

  const native = (zlib as { crc32?: (bytes: Uint8Array) => number }).crc32
  it.skipIf(native === undefined)('is the same by table and by zlib (skipped: this Node has no zlib.crc32)', () => {
    for (let length = 0; length < 300; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 251 + length * 7) & 0xff)
      expect(crc32(bytes)).toBe(native!(bytes) & 0x7fff_ffff)
    }
  })
})

describe('javaHash', () => {
  it('is String.hashCode', () => {
    expect(javaHash('')).toBe(0)
    expect(javaHash('TagA')).toBe(2598919)
    expect(javaHash('polygenelubricants')).toBe(-2147483648)
    expect(javaHash('标签')).toBe(26631 * 31 + 31614)
  })

  it('is 0 for a message without tags', () => expect(tagsCodeOf(undefined)).toBe(0))
})

describe('64-bit integers', () => {
  it('are read as they were written, and as Java reads them', () => {
    const bytes = Buffer.alloc(10)
    const any = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(-1, 0, 2 ** 32, -(2 ** 32), 2 ** 31))
    fc.assert(
      fc.property(any, (value) => {
        expect(writeInt64(bytes, value, 1)).toBe(9)
        expect(bytes.readBigInt64BE(1)).toBe(BigInt(value))
        expect(readInt64(bytes, 1)).toBe(value)
      }),
    )
  })
})

describe('parseDelayLevels', () => {
  it('gives the delays of levels 1 to 18', () => {
    const delays = parseDelayLevels(defaultDelayLevels)
    expect(delays.length).toBe(18)
    expect([delays[0], delays[4], delays[17]]).toEqual([1000, 60_000, 7_200_000])
    expect(parseDelayLevels(' 2d  1s ')).toEqual([172_800_000, 1000])
  })

  it.each(['', '1', 's', '1x', '1s,2s', '-1s'])('refuses %j', (text) => {
    expect(protocolErrorOf(() => parseDelayLevels(text)).code).toBe('CONFIG')
  })
})
