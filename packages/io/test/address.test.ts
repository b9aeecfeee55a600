import { describe, expect, test } from 'vitest'
import { formatAddress, IoError, parseAddress } from '../src/index.js'

describe('addresses', () => {
  test.each([
    ['127.0.0.1:9876', { host: '127.0.0.1', port: 9876 }],
    ['broker-a.example:10911', { host: 'broker-a.example', port: 10911 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['[fe80::1%eth0]:65535', { host: 'fe80::1%eth0', port: 65535 }],
  ])('%s is read and written back', (text, address) => {
    expect(parseAddress(text)).toEqual(address)
    expect(formatAddress(address)).toBe(text)
  })

  test.each([
    ['localhost', /the port is missing/],
    ['', /the port is missing/],
    ['::1:9876', /goes in brackets/],
    ['host:65536', /ports end at 65535/],
    ['host:-1', /write host:port/],
    ['host:', /write host:port/],
    [':9876', /write host:port/],
    ['http://host:80', /is not an address/],
    ['a b:1', /is not an address/],
    ['[::1]', /is not an address/],
    ['x'.repeat(5000), /^"x{100}…" is not an address/],
  ])('%.20s is refused with a hint', (text, reason) => {
    expect(() => parseAddress(text)).toThrow(reason)
    expect(() => parseAddress(text)).toThrow(IoError)
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'BAD_ADDRESS' }))
  })
})
