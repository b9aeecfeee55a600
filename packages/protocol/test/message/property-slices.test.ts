import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeProperties, PropertySlices, recordByteLength, writeRecord } from '../../src/index.js'

const host = { host: '10.0.0.1', port: 10_911 }

function recordOf(properties: string): Buffer {
  const body = Buffer.from('a\u0001b\u0002')
  const sizes = { bornHost: host, storeHost: host, topicBytes: 1, bodyBytes: body.length }
  const record = Buffer.alloc(recordByteLength({ ...sizes, propertiesBytes: Buffer.byteLength(properties) }))
  writeRecord(record, 0, {
    ...{ queueId: 0, flag: 0, queueOffset: 0, commitLogOffset: 0, sysFlag: 0, bornTimestamp: 1, storeTimestamp: 1 },
    ...{
      bornHost: host,
      storeHost: host,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      topic: 'T',
      body,
      properties,
    },
  })
  return record
}

const names = ['a', 'ab', 'b']

test('slices hold what decoding all properties gives, record after record', () => {
  const slices = new PropertySlices(names)
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'é', '\u0001', '\u0002'), maxLength: 40 })
  fc.assert(
    fc.property(text, (properties) => {
      slices.read(recordOf(properties))
      const decoded = decodeProperties(properties)
      expect(names.map((_, slot) => slices.text(slot))).toEqual(names.map((name) => decoded[name]))
    }),
    { seed: 1, numRuns: 3000 },
  )
})

test('what is no record is refused', () => {
  expect(() => new PropertySlices(['a']).read(Buffer.alloc(91))).toThrow(/record/)
})
