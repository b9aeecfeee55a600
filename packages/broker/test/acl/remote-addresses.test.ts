import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressMatcher, addressParts } from '../../src/acl/remote-addresses.js'

const matches = (pattern: string, host: string) => addressMatcher(pattern)?.(addressParts(host)) ?? false

describe('white list patterns', () => {
  test.each([
    ['*', '10.1.2.3', true],
    ['*.*.*.*', '::1', true],
    ['*:*:*:*:*:*:*:*', '10.1.2.3', true],
    ['', '10.1.2.3', false],
    ['  ', '10.1.2.3', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['127.0.0.1', '::ffff:127.0.0.1', true],
    ['127.0.0.1,127.0.0.2', '127.0.0.2', true],
    ['127.0.0.1, 127.0.0.2', '127.0.0.3', false],
    ['192.168.0.{1,2,100}', '192.168.0.100', true],
    ['192.168.0.{1,2,100}', '192.168.0.10', false],
    ['192.168.0.*', '192.168.0.255', true],
    ['192.168.0.*', '192.168.1.0', false],
    ['192.168.*.*', '192.168.77.1', true],
    ['192.*.*.*', '192.1.1.1', true],
    ['192.168.1.10-20', '192.168.1.10', true],
    ['192.168.1.10-20', '192.168.1.20', true],
    ['192.168.1.10-20', '192.168.1.21', false],
    ['192.168.1-5.*', '192.168.5.200', true],
    ['192.168.1-5.*', '192.168.6.200', false],
    // 4.7.1 lets the last part be anything here.
    ['192.168.*.7', '192.168.3.8', false],
    ['1050:0000:0000:0000:0005:0600:300c:326b', '1050::5:600:300C:326B', true],
    ['1050::0005:0600:300c:3261,1050::0005:0600:300c:3262', '1050::5:600:300c:3262', true],
    ['1050::0005:0600:300c:{3261,3262}', '1050::5:600:300c:3262', true],
    ['1050::0005:0600:300c:{3261,3262}', '1050::5:600:300c:3263', false],
    ['5::7:6:1-200:*', '5::7:6:1ff:3261', true],
    ['5::7:6:1-200:*', '5::7:6:201:3261', false],
    ['fe80::1-2f', 'fe80::2f%eth0', true],
    ['fe80::*', 'fe80::1', true],
    ['fe80::*', 'fe80::1:1', false],
    ['10.0.0.*', 'not an address', false],
    ['10.0.0.*', 'fe80::1', false],
  ])('%s and %s: %s', (pattern, host, expected) => expect(matches(pattern, host)).toBe(expected))

  test.each([
    ['256.0.0.1', /no number from 0 to 255/],
    ['10.0.0', /3 parts instead of 4/],
    ['10.0.0.0/8', /0\/8/],
    ['*.0.0.1', /first part/],
    ['10.0.0.20-10', /20-10/],
    ['10.0.0.-5', /-5/],
    ['10.0.{1,2}.3', /\{1/],
    ['10.0.0.{1,x}', /'x' is no number/],
    ['10.0.0.1,10.0.0.*', /no single IP address/],
    ['1::2::3', /more than one/],
    ['fe80:1:*', /3 parts instead of 8/],
    ['fe80::10000', /10000/],
    ['localhost', /1 parts/],
  ])('%s is refused', (pattern, problem) => expect(() => addressMatcher(pattern)).toThrow(problem))

  test('an address matches itself and no other', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.oneof(fc.ipV4(), fc.ipV6()), (one, other) => {
        expect(matches(one, one)).toBe(true)
        expect(matches(one, other)).toBe(addressParts(one)!.join() === addressParts(other)!.join())
      }),
      { seed: 7 },
    )
  })

  test('any text is a pattern or an error, soon', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f:.*{},-]{0,40}$/)), (text) => {
        try {
          addressMatcher(text)?.(addressParts('10.0.0.1'))
        } catch (error) {
          expect((error as Error).message).toMatch(/is no pattern for addresses/)
        }
      }),
      { seed: 7 },
    )
  })
})
