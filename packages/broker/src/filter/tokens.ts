import { ExpressionError } from './expression-error.js'

export type TokenKind = 'keyword' | 'name' | 'text' | 'integer' | 'decimal' | 'symbol' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** Keywords in capitals, symbols and names as they are, texts with their quotes. */
  readonly text: string
  /** Index of the first character. */
  readonly at: number
}

/** No property can have one of these names. */
const keywords = new Set(['NOT', 'AND', 'OR', 'BETWEEN', 'IN', 'TRUE', 'FALSE', 'NULL', 'IS'])

/** Spaces, and comments: to the end of a line that has one, or between slash-star and star-slash. */
const blank = /(?:[ \t\n\r\f]|--[^\n\r]*[\n\r]|\/\*[^]*?\*\/)*/y
const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['name', /[A-Za-z_$][A-Za-z0-9_$]*/y],
  ['decimal', /(?:\d+\.\d*|\.\d+)(?:[Ee][+-]?\d+)?|\d+[Ee][+-]?\d+/y],
  ['integer', /0|[1-9]\d*[Ll]?/y],
  ['text', /'(?:''|[^'])*'/y],
  ['symbol', /<>|<=|>=|[=<>(),+-]/y],
]

/** The tokens of an SQL92 expression (`SelectorParser.jj`, 4.7.1), read one at a time. */
export class Tokens {
  #current: Token

  constructor(private readonly expression: string) {
    this.#current = this.#read(0)
  }

  get current(): Token {
    return this.#current
  }

  /** Hands out the current token and goes on to the next. */
  take(): Token {
    const token = this.#current
    this.#current = this.following()
    return token
  }

  /** The token behind the current one, which stays the current one. */
  following(): Token {
    return this.#read(this.#current.at + this.#current.text.length)
  }

  #read(from: number): Token {
    const at = from + (matchAt(blank, this.expression, from) ?? '').length
    if (at >= this.expression.length) return { kind: 'end', text: '', at }
    for (const [kind, pattern] of patterns) {
      const text = matchAt(pattern, this.expression, at)
      if (text !== undefined) return kind === 'name' ? nameOrKeyword(text, at) : { kind, text, at }
    }
    throw new ExpressionError('SYNTAX', at + 1, unreadable(this.expression, at))
  }
}

function nameOrKeyword(text: string, at: number): Token {
  const upper = text.toUpperCase()
  return keywords.has(upper) ? { kind: 'keyword', text: upper, at } : { kind: 'name', text, at }
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function unreadable(expression: string, at: number): string {
  if (expression[at] === "'") return 'the text that begins here has no closing quote'
  if (expression.startsWith('/*', at)) return 'the comment that begins here does not end with */'
  const character = String.fromCodePoint(expression.codePointAt(at)!)
  return `${JSON.stringify(character)} has no meaning here; texts stand in single quotes`
}
