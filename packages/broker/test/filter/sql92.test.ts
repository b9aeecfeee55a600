import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExpressionError } from '../../src/filter/expression-error.js'
import { sqlFilter } from '../../src/filter/sql-filter.js'
import { recordOf } from '../support/records.js'

function problemOf(expression: string): ExpressionError {
  try {
    sqlFilter(expression)
  } catch (error) {
    if (error instanceof ExpressionError) return error
    throw error
  }
  throw new Error(`not refused: ${expression.slice(0, 80)}`)
}

describe('errors say where and what', () => {
  const table: [string, number, string, RegExp][] = [
    ['a ==== 1', 4, 'SYNTAX', /expected a property, a literal, NOT, '-' or '\(', found =$/],
    ['a >', 4, 'SYNTAX', /found its end/],
    ['a BETWEEN 5 AND', 16, 'SYNTAX', /found its end/],
    ['a BETWEEN 5 OR 6', 13, 'SYNTAX', /expected AND and the upper bound, found OR/],
    ['s IN ()', 7, 'SYNTAX', /expected a text in single quotes, found \)/],
    ['(a = 1', 7, 'SYNTAX', /expected '\)', found its end/],
    ['a = 1 b', 7, 'SYNTAX', /the end, found b/],
    ["a = 'x", 5, 'SYNTAX', /no closing quote/],
    ['a = "x"', 5, 'SYNTAX', /single quotes/],
    ['a = 1 /* x', 7, 'SYNTAX', /does not end/],
    ['a = NULL', 5, 'TYPE', /IS NULL/],
    ["a > 'x'", 5, 'TYPE', /a text cannot be compared by >/],
    ["5 IN ('5')", 1, 'TYPE', /must be a property, not a number/],
    ['a BETWEEN 9 AND 1', 11, 'TYPE', /lower bound 9 is above the upper bound 1/],
    ['a = 9223372036854775808', 5, 'TYPE', /out of range/],
    ['5', 1, 'TYPE', /no condition/],
    ['', 1, 'SYNTAX', /found its end/],
    [`${'('.repeat(1000)}a = 1${')'.repeat(1000)}`, 65, 'LIMIT', /nested more than 64/],
    [`${'NOT '.repeat(1000)}a`, 257, 'LIMIT', /nested/],
    [`${'-'.repeat(1000)}5 = a`, 65, 'LIMIT', /nested/],
    [Array(2000).fill('a=1').join(' OR '), 3589, 'LIMIT', /1024 steps/],
    [Array(17).fill("a CONTAINS 'x'").join(' OR '), 282, 'LIMIT', /steps/],
    [Array.from({ length: 65 }, (_, i) => `p${i} = 1`).join(' OR '), 695, 'LIMIT', /64 properties/],
    [`a = '${'x'.repeat(20_000)}'`, 16_385, 'LIMIT', /20006 characters/],
  ]
  test.each(table)('%.40s', (expression, position, code, message) => {
    expect(problemOf(expression)).toMatchObject({ position, code, message: expect.stringMatching(message) })
    // Kept, and the same the second time.
    expect(problemOf(expression).message).toBe(problemOf(expression).message)
  })
})

describe('the searching operators of 5.x', () => {
  const matches = (expression: string, properties: Record<string, string>) =>
    sqlFilter(expression).matches(recordOf(properties))
  test.each([
    ["a CONTAINS 'ell'", true],
    ["a contains 'x'", false],
    ["a NOT CONTAINS 'x'", true],
    ["a STARTSWITH 'he'", true],
    ["a NOT STARTSWITH 'he'", false],
    ["a ENDSWITH 'lo' AND a NOT ENDSWITH 'he'", true],
    // False, and not unknown: so its negation is true.
    ["missing CONTAINS 'x'", false],
    ["NOT (missing CONTAINS 'x')", true],
    ["missing NOT CONTAINS 'x'", false],
    ["a CONTAINS ''", false],
    ["a NOT CONTAINS ''", false],
  ])('%s', (expression, wanted) => expect(matches(expression, { a: 'hello' })).toBe(wanted))

  test('are names of properties elsewhere, as in 4.7.1', () => {
    expect(matches("CONTAINS = 'x' AND CONTAINS CONTAINS 'x'", { CONTAINS: 'x' })).toBe(true)
  })
})

const words = [
  ...['a', 'b', 'TAGS', 'NOT', 'AND', 'OR', 'BETWEEN', 'IN', 'IS', 'NULL', 'TRUE', 'FALSE', 'CONTAINS', 'STARTSWITH'],
  ...['(', ')', ',', '=', '<>', '<', '<=', '>', '>=', '+', '-', "'x'", "''", '5', '0', '2.5', '1E3', '3000000000L'],
  ...["'", '--', '/*', '*/', '\n', ';', '"', '\u0000', 'é'],
]
const noise = fc.oneof(
  fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((some) => some.join(' ')),
  fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((some) => some.join('')),
  fc.string({ maxLength: 60 }),
)
const someProperties = fc.oneof(
  fc.dictionary(fc.constantFrom('a', 'b', 'TAGS', 'c'), fc.string({ maxLength: 20 })),
  // Separators where they do not belong, and what is no property at all.
  fc.string({ unit: fc.constantFrom('a', 'b', '5', '\u0001', '\u0002', '\u0000', '\n', 'é'), maxLength: 40 }),
)

test('whatever is given is a filter or an ExpressionError, and filters answer yes or no', () => {
  let compiled = 0
  fc.assert(
    fc.property(noise, someProperties, (expression, properties) => {
      try {
        const filter = sqlFilter(expression)
        compiled++
        expect(typeof filter.matches(recordOf(properties))).toBe('boolean')
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError)
        const { position } = error as ExpressionError
        expect(position).toBeGreaterThanOrEqual(1)
        expect(position).toBeLessThanOrEqual(expression.length + 1)
      }
    }),
    { seed: 92, numRuns: 3000 },
  )
  expect(compiled).toBeGreaterThan(30)
})
