import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JavaDouble, parseFastjson, writeFastjson, writePrettyFastjson } from '../../src/index.js'

describe('compact', () => {
  test.each([
    ['members in alphabetical order', { b: 1, a: 2, A: 3 }, '{"A":3,"a":2,"b":1}'],
    ['null and undefined members left out', { a: null, b: undefined, c: [null] }, '{"c":[null]}'],
    ['null values of maps left out', new Map([['a', null]]), '{}'],
    ['maps in their own order', new Map([['b', 1], ['a', 2]]), '{"b":1,"a":2}'], // prettier-ignore
    ['integer keys without quotes', { t: new Map([[0, 'x'], [1, 'y']]) }, '{"t":{0:"x",1:"y"}}'], // prettier-ignore
    ['object keys', new Map([[{ topic: 'T', queueId: 0 }, 5]]), '{{"queueId":0,"topic":"T"}:5}'],
    ['bigints', [1795347009420425282n], '[1795347009420425282]'],
    ['sets', new Set(['a', 'b']), '["a","b"]'],
    ['NaN', [Number.NaN, Infinity], '[null,null]'],
    [
      'control characters',
      'a"\\\b\t\n\f\r\u0001\u000b\u007f\u2028/é钥',
      '"a\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u000B\\u007F\\u2028/é钥"',
    ],
  ])('%s', (_name, value, text) => {
    expect(writeFastjson(value)).toBe(text)
  })

  test('integer keys in quotes on demand', () => {
    expect(writeFastjson({ t: new Map([[0, 'x']]) }, { quoteIntegers: true })).toBe('{"t":{"0":"x"}}')
  })

  test.each([
    [0, '0.0'],
    [1, '1.0'],
    [-0, '-0.0'],
    [0.3666788892963099, '0.3666788892963099'],
    [0.001, '0.001'],
    [0.0001, '1.0E-4'],
    [9_999_999, '9999999.0'],
    [10_000_000, '1.0E7'],
    [-12345678.5, '-1.23456785E7'],
    [1e300, '1.0E300'],
    [Number.NaN, 'null'],
  ])('a double %d as %s', (value, text) => {
    expect(writeFastjson(new JavaDouble(value))).toBe(text)
  })
})

describe('indented', () => {
  test('as config files are', () => {
    const value = {
      table: new Map<string, unknown>([['T@G', new Map([[0, 5], [1, 6]])]]), // prettier-ignore
      bits: [1, 2],
      names: ['a', 'b'],
      empty: {},
      none: new Map(),
    }
    expect(writePrettyFastjson(value)).toBe(
      '{\n\t"bits":[1,2],\n\t"empty":{},\n\t"names":[\n\t\t"a",\n\t\t"b"\n\t],\n\t"none":{},\n\t"table":{\n\t\t"T@G":{0:5,1:6\n\t\t}\n\t}\n}',
    )
  })

  test('objects below integer keys', () => {
    expect(writePrettyFastjson(new Map([[3, { a: 1 }]]))).toBe('{3:{\n\t\t"a":1\n\t}\n}')
  })
})

describe('what is written is read again', () => {
  const names = fc.string({ maxLength: 8, unit: 'binary' }).filter((name) => name !== '__proto__' && name !== '$ref')
  const scalars = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n)),
  )
  const { values } = fc.letrec<{ values: unknown }>((tie) => ({
    values: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalars,
      fc.array(tie('values'), { maxLength: 4 }),
      fc.dictionary(names, tie('values'), { maxKeys: 4, noNullPrototype: true }),
      fc.array(fc.tuple(fc.record({ queueId: fc.nat() }), tie('values')), { minLength: 1, maxLength: 3 }).map(distinct),
    ),
  }))

  test('compact and indented', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(parseFastjson(writeFastjson(value))).toEqual(value)
        expect(parseFastjson(writePrettyFastjson(value))).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })
})

const distinct = (entries: [unknown, unknown][]) => new Map(entries)
