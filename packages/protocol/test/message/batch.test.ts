import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchMemberBytes, decodeBatch, encodeBatch, FrameDecoder, propertyOfBytes } from '../../src/index.js'
import { expectOnlyProtocolErrors, protocolErrorOf } from '../support/bad-bytes.js'
import { goldenExchanges } from '../support/golden.js'

const member = fc.record({
  flag: fc.integer(),
  body: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  properties: fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
})

const golden = goldenExchanges()
  .filter(({ code, response, responseHeader }) => code === 320 && response && responseHeader?.code === 0)
  .map(({ source, request }) => {
    let body: Uint8Array | undefined
    new FrameDecoder().decode(Buffer.from(request, 'hex'), (command) => (body = command.body))
    return [source, Buffer.from(body!)] as const
  })

describe('batches of other clients', () => {
  it('of 4.7.1, 5.3.3 and Go are there', () =>
    expect(new Set(golden.map(([source]) => source))).toEqual(new Set(['4.7.1', '5.3.3', 'go'])))

  it.each(golden)('of %s are read, and written as they were', (source, body) => {
    const members = decodeBatch(body)
    expect(members.length).toBeGreaterThan(1)
    for (const { body, properties } of members) {
      expect(body.length).toBeGreaterThan(0)
      // Go gives the members of a batch no key.
      if (source !== 'go') expect(propertyOfBytes(properties, 'UNIQ_KEY')).toMatch(/^(?:[0-9A-F]{32}|[0-9A-F]{56})$/)
    }
    const again = Buffer.from(encodeBatch(members))
    // Magic and checksum are the writer's own business: nobody reads them.
    expect(again.length).toBe(body.length)
    expect(decodeBatch(again)).toEqual(members)
  })
})

describe('encodeBatch', () => {
  it('writes what decodeBatch reads', () => {
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 10 }), (members) => {
        const bytes = encodeBatch(members)
        expect(decodeBatch(bytes)).toEqual(members)
        const sizes = members.map(({ body, properties }) => batchMemberBytes(body.length, properties.length))
        expect(bytes.length).toBe(sizes.reduce((sum, size) => sum + size))
      }),
    )
  })

  it('takes properties as text', () => {
    const [only] = decodeBatch(encodeBatch([{ flag: 7, body: Buffer.from('é'), properties: 'TAGS\u0001ü\u0002' }]))
    expect(only!.flag).toBe(7)
    expect(Buffer.from(only!.properties).toString()).toBe('TAGS\u0001ü\u0002')
  })
})

describe('bad batches', () => {
  const good = encodeBatch([
    { flag: 0, body: Buffer.from('one'), properties: 'A\u00011\u0002' },
    { flag: 0, body: Buffer.from('two'), properties: '' },
  ])

  it('are refused with a sentence that says which message', () => {
    expect(protocolErrorOf(() => decodeBatch(Buffer.alloc(0))).message).toBe('a batch without messages')
    expect(protocolErrorOf(() => decodeBatch(Buffer.from('no batch')))).toMatchObject({
      code: 'BODY',
      message: 'message 1 of the batch is cut off',
    })
    expect(protocolErrorOf(() => decodeBatch(good.subarray(0, good.length - 1))).message).toContain('message 2')
  })

  it('never do worse than be refused', () =>
    expectOnlyProtocolErrors(decodeBatch, [good, ...golden.map(([, one]) => one)]))
})
