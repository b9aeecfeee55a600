import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessageId, decodeRecord, offsetMessageId, UniqueKeys } from '../../src/index.js'
import { protocolErrorOf } from '../support/bad-bytes.js'
import { goldenRecords } from '../support/golden.js'

describe('offset message ids', () => {
  it('are those of Apache', () => {
    const { bytes, messages } = goldenRecords('4.7.1')
    let at = 0
    for (const { msgId, storeSize, commitLogOffset, storeHost } of messages) {
      expect(offsetMessageId(decodeRecord(bytes, at).storeHost, commitLogOffset)).toBe(msgId)
      const { host, commitLogOffset: offset } = decodeMessageId(msgId)
      expect([`${host.host}:${host.port}`, offset]).toEqual([storeHost, commitLogOffset])
      at += storeSize
    }
  })

  it('are read back, for both kinds of address', () => {
    const host = fc.record({
      host: fc.oneof(fc.ipV4(), fc.constant('2001:db8::1'), fc.constant('::')),
      port: fc.nat(65_535),
    })
    fc.assert(
      fc.property(host, fc.maxSafeNat(), (host, commitLogOffset) => {
        const id = offsetMessageId(host, commitLogOffset)
        expect(id).toMatch(host.host.includes(':') ? /^[0-9A-F]{56}$/ : /^[0-9A-F]{32}$/)
        expect(decodeMessageId(id)).toEqual({ host, commitLogOffset })
        expect(decodeMessageId(id.toLowerCase())).toEqual({ host, commitLogOffset })
      }),
    )
  })

  it('refuse other text', () => {
    for (const id of ['', 'x', '7F0000010000559700000000001C922', `${'0'.repeat(31)}g`, '0'.repeat(57)])
      expect(protocolErrorOf(() => decodeMessageId(id)).code).toBe('MESSAGE_ID')
    // A unique key looks alike: it is told apart by its port.
    expect(protocolErrorOf(() => decodeMessageId('C0A8000A32185FFD2B276E86C3CF007D')).message).toContain('UNIQ_KEY')
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 }),
        ),
        (id) => {
          try {
            decodeMessageId(id)
          } catch (error) {
            expect(error).toMatchObject({ name: 'ProtocolError', code: 'MESSAGE_ID' })
          }
        },
      ),
    )
  })
})

describe('UniqueKeys', () => {
  const startOfMonth = new Date(2026, 10, 1).getTime()

  it('holds address, process, source, time in the month and a counter', () => {
    const keys = new UniqueKeys({
      address: '192.168.0.10',
      pid: 0x13218,
      source: 0x5ffd2b27,
      now: () => startOfMonth + 0x1234,
    })
    expect(keys.next()).toBe('C0A8000A32185FFD2B27000012340001')
    expect(keys.next()).toBe('C0A8000A32185FFD2B27000012340002')
  })

  it('starts the time again with the month, and goes back with a clock that does', () => {
    let now = new Date(2026, 11, 1).getTime() - 1
    const keys = new UniqueKeys({ address: '10.0.0.1', pid: 1, source: 2, now: () => now })
    const time = () => Number.parseInt(keys.next().slice(20, 28), 16)
    expect(time()).toBe(now - startOfMonth)
    now++
    expect(time()).toBe(0)
    now--
    expect(time()).toBe(now - startOfMonth)
  })

  it('is different for 65,536 keys of one millisecond', () => {
    const keys = new UniqueKeys({ address: '::1', pid: 1, source: 2, now: () => startOfMonth })
    const seen = new Set(Array.from({ length: 65_536 }, () => keys.next()))
    expect(seen.size).toBe(65_536)
    expect([...seen].every((key) => key.length === 56)).toBe(true)
  })
})
