import { PropertySlices } from '@mq/protocol'
import { compile, type Evaluate } from './compile.js'
import { ExpressionError } from './expression-error.js'
import type { Truth } from './java-values.js'
import { expressionCharsMax, parseSql92 } from './parser.js'

/** A compiled SQL92 expression. */
export class SqlFilter {
  readonly #properties: PropertySlices
  readonly #evaluate: Evaluate<Truth>

  /** Throws `ExpressionError`. */
  constructor(readonly expression: string) {
    const { names, evaluate } = compile(parseSql92(expression))
    this.#properties = new PropertySlices(names)
    this.#evaluate = evaluate
  }

  /** Does a stored record match? Only true is a match: neither unknown nor a comparison that cannot be made. */
  matches(record: Uint8Array): boolean {
    this.#properties.read(record)
    return this.#evaluate(this.#properties) === true
  }
}

/** Expressions whose filters are kept, bad ones included: consumers bring theirs with every pull. */
const keptMax = 256
const kept = new Map<string, SqlFilter | ExpressionError>()

/** The filter of an expression, compiled once. Throws `ExpressionError`. */
export function sqlFilter(expression: string): SqlFilter {
  if (expression.length > expressionCharsMax) return new SqlFilter(expression)
  const known = kept.get(expression) ?? built(expression)
  kept.delete(expression)
  kept.set(expression, known)
  if (kept.size > keptMax) kept.delete(kept.keys().next().value!)
  if (known instanceof ExpressionError) throw known
  return known
}

function built(expression: string): SqlFilter | ExpressionError {
  try {
    return new SqlFilter(expression)
  } catch (error) {
    if (error instanceof ExpressionError) return error
    throw error
  }
}
