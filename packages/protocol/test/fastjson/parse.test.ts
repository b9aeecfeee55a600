import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseFastjson } from '../../src/index.js'
import { FastjsonReader } from '../../src/fastjson/reader.js'
import { expectOnlyProtocolErrors, protocolErrorOf } from '../support/bad-bytes.js'

describe('what fastjson writes and JSON does not know', () => {
  test.each([
    ['integer keys', '{0:"a",1:"b",-1:"c"}', { 0: 'a', 1: 'b', '-1': 'c' }],
    ['integer keys behind blanks', '{\n\t"t":{ 0:5,\n\t1 :6}}', { t: { 0: 5, 1: 6 } }],
    ['long integers', '[9007199254740993,-9223372036854775808]', [9007199254740993n, -9223372036854775808n]],
    ['integers no 64 bits hold, as doubles', '{0:100000000000000000000}', { 0: 1e20 }],
    ['NaN', '{"a":NaN}', { a: null }],
    ['control characters in text', '"a\tb\u0001"', 'a\tb\u0001'],
    ['a key that is a name of every object', '{"__proto__":{"x":1},1:2}', JSON.parse('{"__proto__":{"x":1},"1":2}')],
  ])('%s', (_name, text, value) => {
    expect(parseFastjson(text)).toEqual(value)
  })

  test('objects as keys', () => {
    const value = parseFastjson('{"offsetTable":{{"queueId":0,"topic":"T"}:5,{"queueId":1,"topic":"T"}:{"max":6}}}')
    expect(value).toEqual({
      offsetTable: new Map<object, unknown>([
        [{ queueId: 0, topic: 'T' }, 5],
        [{ queueId: 1, topic: 'T' }, { max: 6 }],
      ]),
    })
  })

  test('reading a hostile key leaves no trace on other objects', () => {
    parseFastjson('{"__proto__":{"polluted":1},0:1}')
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

describe('references', () => {
  test.each([
    ['a list element', '{"a":[{"x":1}],"b":{"$ref":"$.a[0]"}}', { x: 1 }],
    ['a name with escaped characters', '{"a":{"broker-a":{"x":1}},"b":{"$ref":"$.a.broker\\\\-a"}}', { x: 1 }],
    ['a name in quotes', '{"a":{"k.1":{"x":1}},"b":{"$ref":"$.a[\\"k.1\\"]"}}', { x: 1 }],
    ['an integer key', '{"a":{0:{"x":1}},"b":{"$ref":"$.a[0]"}}', { x: 1 }],
  ])('to %s', (_name, text, value) => {
    expect(parseFastjson(text)).toHaveProperty('b', value)
  })

  test('as a value of a map with object keys', () => {
    const { m } = parseFastjson('{"a":{"x":1},"m":{{"q":0}:{"$ref":"$.a"}}}') as { m: Map<object, unknown> }
    expect([...m.values()]).toEqual([{ x: 1 }])
  })

  test.each([
    ['nothing', '{"a":{"$ref":"$.b"}}'],
    ['what encloses it', '{"a":{"b":{"$ref":"$"}}}'],
    ['the parent', '{"a":{"b":{"$ref":".."}}}'],
    ['each other', '{"a":{"x":{"$ref":"$.b"}},"b":{"y":{"$ref":"$.a"}}}'],
    ['a member all objects inherit', '{"a":{"$ref":"$.constructor"}}'],
  ])('to %s are refused', (_name, text) => {
    expect(protocolErrorOf(() => parseFastjson(text)).message).toMatch(/reference/)
  })

  test('that multiply are refused before they fill the memory', () => {
    const levels = Array.from({ length: 40 }, (_, i) => `"a${i + 1}":[{"$ref":"$.a${i}"},{"$ref":"$.a${i}"}]`)
    expect(protocolErrorOf(() => parseFastjson(`{"a0":[1],${levels.join(',')}}`)).message).toMatch(/repeat more than/)
  })
})

describe('limits', () => {
  test.each(['[', '{"a":', '{0:[', '{{"a":'])('nesting of %s', (open) => {
    expect(protocolErrorOf(() => parseFastjson(open.repeat(100_000))).message).toMatch(/nested deeper than 64 levels/)
  })

  test('64 levels are read, both ways', () => {
    for (const [inner, depth] of [
      ['1', 64],
      ['{0:1}', 63],
    ] as const) {
      expect(() => parseFastjson('['.repeat(depth) + inner + ']'.repeat(depth))).not.toThrow()
    }
  })

  test('size', () => {
    const error = protocolErrorOf(() => parseFastjson('"12345678"', { bytesMax: 9 }))
    expect(error).toMatchObject({ code: 'JSON', message: expect.stringContaining('10 bytes, the limit is 9') })
  })
})

test.each([
  ['', 'is no value'],
  ['{"a":1', "'}' is missing"],
  ['[1,2', "']' is missing"],
  ['{"a" 1}', "':' is missing"],
  ['{a:1}', 'a key is neither'],
  ['"abc', 'no end'],
  ['"\\x"', 'wrong escape'],
  ['[1] 2', 'behind the end'],
  ['[1.2.3]', "'1.2.3' is no value"],
  ['[01a]', "'01a' is no value"],
])('%j is refused: %s', (text, problem) => {
  expect(protocolErrorOf(() => parseFastjson(text))).toMatchObject({
    code: 'JSON',
    message: expect.stringContaining(problem),
  })
})

describe('properties', () => {
  test('plain JSON means what it means to JSON.parse, on both ways through', () => {
    const documents = fc.json({ maxDepth: 8 }).filter((text) => !text.includes('$ref'))
    fc.assert(
      fc.property(documents, (text) => {
        const expected = JSON.parse(text)
        expect(withoutBigints(parseFastjson(text))).toEqual(expected)
        expect(withoutBigints(new FastjsonReader(text, 64).document())).toEqual(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('any bytes are read or refused', () => {
    const samples = [
      '{"offsetTable":{{"brokerName":"b","queueId":3,"topic":"T"}:{"maxOffset":3,"minOffset":0}}}',
      '{"offsetTable":{"T@G":{0:5,1:7}},"x":[1,2.5,-3e7,true,null,"\\u0001"]}',
      '{"a":{"b":[{"x":1}]},"c":{"$ref":"$.a.b[0]"},"v":1795347009420425282}',
    ]
    expectOnlyProtocolErrors(
      (bytes) => parseFastjson(bytes),
      samples.map((text) => Buffer.from(text)),
      2000,
    )
  })
})

/** Integers beyond 2^53 as `JSON.parse` reads them. */
function withoutBigints(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(withoutBigints)
  if (typeof value !== 'object' || value === null) return value
  // Entries are defined, so that a key of '__proto__' stays one.
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutBigints(one)]))
}
