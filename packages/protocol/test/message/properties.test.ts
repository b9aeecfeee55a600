import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeProperties,
  encodeProperties,
  MessageProperty,
  propertyOf,
  propertyOfBytes,
  withoutProperty,
  withProperty,
} from '../../src/index.js'

const name = fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom('A', 'B', 'TAGS', 'é', '_') })
const value = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }).filter((text) => !/[\u0001\u0002]/.test(text))
const properties = fc.dictionary(name, value, { noNullPrototype: true })
/** Text with separators and terminators anywhere. */
const anyText = fc.string({ unit: fc.constantFrom('\u0001', '\u0002', 'A', 'B', 'TAGS', 'é'), maxLength: 40 })

describe('decodeProperties', () => {
  it('reads what encodeProperties wrote', () => {
    fc.assert(
      fc.property(properties, (given) => {
        expect({ ...decodeProperties(encodeProperties(given)) }).toEqual(given)
      }),
    )
  })

  it('does without the last terminator', () => {
    expect({ ...decodeProperties('a\u00011\u0002b\u00012') }).toEqual({ a: '1', b: '2' })
  })

  it('leaves out what does not split into two', () => {
    expect({
      ...decodeProperties('a\u0001\u0002\u0001b\u0002\u0002c\u0002d\u00011\u00012\u0002e\u00013\u0001\u0002f\u00014'),
    }).toEqual({
      e: '3',
      f: '4',
    })
  })

  it('has no prototype to fall over', () => {
    const read = decodeProperties('__proto__\u0001x\u0002')
    expect(Object.keys(read)).toEqual(['__proto__'])
    expect(read.constructor).toBeUndefined()
  })

  it('takes time by the length only', () => {
    for (const unit of ['\u0001', '\u0002', 'a\u0001\u0002', '\u0001\u0002', 'TAGS\u0001', 'TAGS\u0001x\u0002', 'x']) {
      const text = unit.repeat(1_000_000)
      decodeProperties(text)
      propertyOf(text, 'TAGS')
      withoutProperty(text, 'TAGS')
    }
  }, 5000)
})

describe('propertyOf', () => {
  it('finds what decodeProperties finds, in text and bytes', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom('A', 'B', 'TAGS', 'é'), (text, wanted) => {
        const expected = decodeProperties(text)[wanted]
        expect(propertyOf(text, wanted)).toBe(expected)
        expect(propertyOfBytes(Buffer.from(text), wanted)).toBe(expected)
      }),
      { numRuns: 2000 },
    )
  })

  it('is not misled by a name within another or within a value', () => {
    const text = encodeProperties({ REAL_TAGS: 'no', X: 'TAGS', TAGS: 'yes' })
    expect(propertyOf(text, MessageProperty.TAGS)).toBe('yes')
    expect(propertyOf(encodeProperties({ REAL_TAGS: 'no' }), MessageProperty.TAGS)).toBeUndefined()
  })
})

describe('withProperty, withoutProperty', () => {
  it('do what setting and deleting do', () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom('A', 'TAGS', 'é'), value, (text, wanted, given) => {
        const before = decodeProperties(text)
        const set = withProperty(text, wanted, given)
        expect({ ...decodeProperties(set) }).toEqual({ ...before, [wanted]: given })
        delete before[wanted]
        expect({ ...decodeProperties(withoutProperty(text, wanted)) }).toEqual({ ...before })
        expect(withProperty(set, wanted, given)).toBe(set)
      }),
      { numRuns: 2000 },
    )
  })
})
