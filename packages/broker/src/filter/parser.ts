import { ExpressionError } from './expression-error.js'
import { isCondition, type Condition, type Operand, type OrderOperator, type SearchOperator } from './expression.js'
import { compareNumbers, decimalLiteral, integerLiteral, negate } from './java-values.js'
import { Tokens, type Token } from './tokens.js'

/** Characters of an expression. */
export const expressionCharsMax = 16_384
/** Parentheses and signs within one another. */
export const expressionDepthMax = 64
/** Comparisons and operators; one that searches a text counts as 64. So no message can cost more than that. */
export const expressionStepsMax = 1024

const searchSteps = 64
const orderOperators: readonly string[] = ['>', '>=', '<', '<=']
/** Of 5.x. To 4.7.1 these are names like others, and they still are wherever a value can stand. */
const searchOperators: readonly string[] = ['CONTAINS', 'STARTSWITH', 'ENDSWITH']

/**
 * Reads an SQL92 expression (`SelectorParser`, 4.7.1, with the searching operators of 5.x). Throws `ExpressionError`, and
 * nothing else. Text behind a whole expression is an error here; Apache leaves it unread.
 */
export function parseSql92(expression: string): Condition {
  if (expression.length > expressionCharsMax) {
    const problem = `it has ${expression.length} characters, the most is ${expressionCharsMax}`
    throw new ExpressionError('LIMIT', expressionCharsMax + 1, problem)
  }
  return new Parser(expression).parse()
}

class Parser {
  readonly #tokens: Tokens
  #depth = 0
  #steps = 0

  constructor(private readonly expression: string) {
    this.#tokens = new Tokens(expression)
  }

  parse(): Condition {
    const whole = asCondition(this.#either())
    // A comment in the last line, which nothing ends.
    const { kind, at } = this.#tokens.current
    if (kind === 'end' || this.expression.startsWith('--', at)) return whole
    throw this.#unexpected('AND, OR, a comparison or the end')
  }

  #either(): Operand {
    const first = this.#all()
    return this.#isKeyword('OR') ? this.#joined('or', 'OR', first, () => this.#all()) : first
  }

  #all(): Operand {
    const first = this.#equality()
    return this.#isKeyword('AND') ? this.#joined('and', 'AND', first, () => this.#equality()) : first
  }

  #joined(kind: 'and' | 'or', keyword: string, first: Operand, next: () => Operand): Condition {
    const parts = [asCondition(first)]
    while (this.#acceptKeyword(keyword)) {
      this.#count(1)
      parts.push(asCondition(next()))
    }
    return { kind, at: first.at, parts }
  }

  #equality(): Operand {
    let left = this.#comparison()
    for (;;) {
      const sign = this.#tokens.current
      if (this.#acceptSymbol('=')) left = this.#equal(left, sign)
      else if (this.#acceptSymbol('<>')) left = { kind: 'not', at: left.at, of: this.#equal(left, sign) }
      else if (this.#acceptKeyword('IS')) left = this.#isNull(left)
      else return left
    }
  }

  #equal(left: Operand, sign: Token): Condition {
    const right = this.#comparison()
    this.#count(1)
    const nothing = [left, right].find(isNullLiteral)
    if (nothing !== undefined) {
      throw new ExpressionError('TYPE', nothing.at + 1, 'NULL equals nothing: write IS NULL or IS NOT NULL')
    }
    if (left.kind === 'constant' && (right.kind === 'text' || (right.kind === 'number' && !right.negated))) {
      throw new ExpressionError('TYPE', sign.at + 1, `TRUE and FALSE cannot be compared with a ${right.kind}`)
    }
    return { kind: 'equal', at: left.at, left, right }
  }

  #isNull(of: Operand): Condition {
    const not = this.#acceptKeyword('NOT')
    if (!this.#acceptKeyword('NULL')) throw this.#unexpected(not ? 'NULL' : 'NULL or NOT NULL')
    this.#count(1)
    const condition: Condition = { kind: 'isNull', at: of.at, of }
    return not ? { kind: 'not', at: of.at, of: condition } : condition
  }

  #comparison(): Operand {
    let left = this.#unary()
    for (;;) {
      const further = this.#furtherComparison(left)
      if (further === undefined) return left
      left = further
    }
  }

  #furtherComparison(left: Operand): Condition | undefined {
    const operator = orderOperators.find((symbol) => this.#acceptSymbol(symbol)) as OrderOperator | undefined
    if (operator !== undefined) return this.#ordered(operator, left, this.#unary())
    const not = this.#isKeyword('NOT')
    const token = not ? this.#tokens.following() : this.#tokens.current
    const word = token.kind === 'keyword' || token.kind === 'name' ? token.text.toUpperCase() : ''
    if (word !== 'BETWEEN' && word !== 'IN' && !searchOperators.includes(word)) return undefined
    if (not) this.#tokens.take()
    this.#tokens.take()
    if (word === 'BETWEEN') return this.#between(left, not)
    if (word === 'IN') return this.#in(left, not)
    this.#count(searchSteps)
    return { kind: 'search', at: left.at, operator: word as SearchOperator, of: left, wanted: this.#text(), not }
  }

  #ordered(operator: OrderOperator, left: Operand, right: Operand): Condition {
    this.#count(1)
    for (const operand of [left, right]) {
      if (operand.kind === 'text' || isCondition(operand)) {
        throw new ExpressionError(
          'TYPE',
          operand.at + 1,
          `${describe(operand)} cannot be compared by ${operator}, only numbers and properties can`,
        )
      }
    }
    return { kind: 'order', at: left.at, operator, left, right }
  }

  #between(of: Operand, not: boolean): Condition {
    const low = this.#unary()
    if (!this.#acceptKeyword('AND')) throw this.#unexpected('AND and the upper bound')
    const high = this.#unary()
    const [below, above] = not ? (['<', '>'] as const) : (['>=', '<='] as const)
    const parts = [this.#ordered(below, of, low), this.#ordered(above, of, high)]
    if (!not) requireRange(low, high)
    return { kind: not ? 'or' : 'and', at: of.at, parts }
  }

  #in(property: Operand, not: boolean): Condition {
    if (property.kind !== 'property') {
      const problem = `the left side of IN must be a property, not ${describe(property)}`
      throw new ExpressionError('TYPE', property.at + 1, problem)
    }
    this.#expectSymbol('(')
    const values = [this.#text()]
    while (this.#acceptSymbol(',')) values.push(this.#text())
    this.#expectSymbol(')')
    this.#count(1)
    return { kind: 'in', at: property.at, property, values, not }
  }

  #unary(): Operand {
    if (++this.#depth > expressionDepthMax) {
      const problem = `it is nested more than ${expressionDepthMax} deep`
      throw new ExpressionError('LIMIT', this.#tokens.current.at + 1, problem)
    }
    const operand = this.#signed()
    this.#depth--
    return operand
  }

  #signed(): Operand {
    const { at } = this.#tokens.current
    if (this.#acceptSymbol('+')) return this.#unary()
    if (this.#acceptSymbol('-')) {
      const of = this.#unary()
      return of.kind === 'number'
        ? { kind: 'number', at, number: negate(of.number), negated: true }
        : { kind: 'nothing', at }
    }
    if (!this.#acceptKeyword('NOT')) return this.#primary()
    this.#count(1)
    return { kind: 'not', at, of: asCondition(this.#unary()) }
  }

  #primary(): Operand {
    const { kind, text, at } = this.#tokens.current
    if (kind === 'text') return { kind: 'text', at, value: this.#text() }
    if (this.#acceptSymbol('(')) {
      const inner = this.#either()
      this.#expectSymbol(')')
      return inner
    }
    if (kind === 'name') this.#tokens.take()
    if (kind === 'name') return { kind: 'property', at, name: text }
    if (kind === 'integer' || kind === 'decimal') return this.#number()
    for (const [keyword, value] of constants) {
      if (this.#acceptKeyword(keyword)) return { kind: 'constant', at, value }
    }
    throw this.#unexpected("a property, a literal, NOT, '-' or '('")
  }

  #number(): Operand {
    const { kind, text, at } = this.#tokens.take()
    const number = kind === 'decimal' ? decimalLiteral(text) : integerLiteral(text.replace(/[lL]$/, ''))
    if (number !== undefined) return { kind: 'number', at, number, negated: false }
    const range =
      kind === 'decimal'
        ? 'decimal numbers go from 4.9E-324 to 1.8E308, zero is 0'
        : 'integers go to 9223372036854775807'
    throw new ExpressionError('TYPE', at + 1, `${text.slice(0, 40)} is out of range: ${range}`)
  }

  /** A text in quotes, without them. */
  #text(): string {
    if (this.#tokens.current.kind !== 'text') throw this.#unexpected('a text in single quotes')
    return this.#tokens.take().text.slice(1, -1).replaceAll("''", "'")
  }

  #isKeyword(keyword: string): boolean {
    const { kind, text } = this.#tokens.current
    return kind === 'keyword' && text === keyword
  }

  #acceptKeyword(keyword: string): boolean {
    if (!this.#isKeyword(keyword)) return false
    this.#tokens.take()
    return true
  }

  #acceptSymbol(symbol: string): boolean {
    const { kind, text } = this.#tokens.current
    if (kind !== 'symbol' || text !== symbol) return false
    this.#tokens.take()
    return true
  }

  #expectSymbol(symbol: string): void {
    if (!this.#acceptSymbol(symbol)) throw this.#unexpected(`'${symbol}'`)
  }

  #count(steps: number): void {
    this.#steps += steps
    if (this.#steps <= expressionStepsMax) return
    const problem = `it has more than ${expressionStepsMax} steps; a search counts as ${searchSteps}`
    throw new ExpressionError('LIMIT', this.#tokens.current.at + 1, problem)
  }

  #unexpected(expected: string): ExpressionError {
    const { kind, text, at } = this.#tokens.current
    const found = kind === 'end' ? 'its end' : text.length > 40 ? `${text.slice(0, 40)}…` : text
    return new ExpressionError('SYNTAX', at + 1, `expected ${expected}, found ${found}`)
  }
}

const constants = [
  ['TRUE', true],
  ['FALSE', false],
  ['NULL', undefined],
] as const

function asCondition(operand: Operand): Condition {
  if (isCondition(operand)) return operand
  if (operand.kind === 'property') return { kind: 'alone', at: operand.at, property: operand }
  throw new ExpressionError('TYPE', operand.at + 1, `${describe(operand)} is no condition: compare it with something`)
}

/** Between two literals there must be room. */
function requireRange(low: Operand, high: Operand): void {
  if (low.kind !== 'number' || high.kind !== 'number' || low.negated || high.negated) return
  if (compareNumbers(high.number, low.number) >= 0) return
  const problem = `the lower bound ${low.number.value} is above the upper bound ${high.number.value}`
  throw new ExpressionError('TYPE', low.at + 1, problem)
}

const isNullLiteral = (operand: Operand): boolean => operand.kind === 'constant' && operand.value === undefined

function describe(operand: Operand): string {
  if (operand.kind === 'text') return 'a text'
  if (operand.kind === 'number') return 'a number'
  return isCondition(operand) ? 'a condition' : `a ${operand.kind}`
}
