import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addressBytes, addressText } from '../../src/index.js'
import { protocolErrorOf } from '../support/bad-bytes.js'

const text = (bytes: Uint8Array) => addressText(bytes, 0, bytes.length as 4 | 16)

describe('addresses', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['10:0:0:1:2:3:4:5', '10::1:2:3:4:5'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s becomes %s', (given, expected) => expect(text(addressBytes(given))).toBe(expected))

  it('keep all their bytes through text', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.array(fc.constantFrom(0, 0, 1), { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list)),
    )
    fc.assert(
      fc.property(bytes, (given) => {
        expect(isIP(text(given))).toBe(given.length === 4 ? 4 : 6)
        expect(addressBytes(text(given))).toEqual(given)
      }),
      { numRuns: 1000 },
    )
  })

  it.each(['', 'localhost', '1.2.3', '1.2.3.4.5', '1.2.3.256', '1.2.3.-1', '1:2', '1::2::3', ':::', '12345::', '::g'])(
    'refuse %j',
    (host) => {
      expect(protocolErrorOf(() => addressBytes(host)).message).toBe(`'${host}' is neither an IPv4 nor an IPv6 address`)
    },
  )
})
