import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { compile } from '../../src/filter/compile.js'
import { ExpressionError } from '../../src/filter/expression-error.js'
import { failed } from '../../src/filter/java-values.js'
import { parseSql92 } from '../../src/filter/parser.js'
import { slicesOf } from '../support/records.js'

interface Golden {
  properties: Record<string, string>[]
  /** For each set of properties t, f, u (unknown) or ! (an exception in Java); or `refused`. */
  expressions: [expression: string, outcomes: string][]
}

const path = new URL('../golden/sql92-4.7.1.json.gz', import.meta.url)
const golden = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as Golden

function outcomes(expression: string): string {
  try {
    const { names, evaluate } = compile(parseSql92(expression))
    return golden.properties
      .map((properties) => {
        const truth = evaluate(slicesOf(names, properties))
        return truth === failed ? '!' : truth === undefined ? 'u' : truth ? 't' : 'f'
      })
      .join('')
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    return error.message.includes('or the end, found') ? 'text behind' : 'refused'
  }
}

test("6,409 expressions over 20 messages give what Apache's filter gives", () => {
  expect(golden.expressions.length).toBe(6409)
  const differences = golden.expressions
    .map(([expression, wanted]) => [expression, wanted, outcomes(expression)])
    .filter(([, wanted, ours]) => ours !== wanted)
  expect(differences.filter(([, , ours]) => ours !== 'text behind')).toEqual([])
})

/** Apache reads the first whole expression and leaves the rest unread, so that a slip of the pen filters by half of it. */
test.each(["a LIKE 'x%'", 'a = 1)', 'a + 1 > 2', 'a = 007', 'a > 5 a < 9', 'a IS NULL BETWEEN 1 AND 2'])(
  'text behind a whole expression is refused: %s',
  (expression) => expect(outcomes(expression)).toBe('text behind'),
)
