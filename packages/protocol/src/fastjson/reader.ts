import { ProtocolError } from '../errors.js'
import { endOfString } from './plain-json.js'
import { resolveReferences, type Reference } from './references.js'

type JsonObject = Record<string, unknown>

/** No 64-bit integer has more characters. Longer ones become doubles, as `JSON.parse` reads them. */
const integerLengthMax = 20

/** Reads what `JSON.parse` cannot, see `parseFastjson`. One document a reader. */
export class FastjsonReader {
  #at = 0
  readonly #references: Reference[] = []

  constructor(
    private readonly text: string,
    private readonly depthMax: number,
  ) {}

  document(): unknown {
    const root = this.#value(0)
    this.#skipBlanks()
    if (this.#at < this.text.length) throw this.#error('there is more text behind the end')
    resolveReferences(root, this.#references)
    return root
  }

  #value(depth: number): unknown {
    if (depth > this.depthMax) throw this.#error(`it is nested deeper than ${this.depthMax} levels`)
    this.#skipBlanks()
    const c = this.text.charCodeAt(this.#at)
    if (c === 123 /* { */) return this.#object(depth)
    if (c === 91 /* [ */) return this.#array(depth)
    if (c === 34 /* " */) return this.#string()
    return this.#word()
  }

  #object(depth: number): JsonObject | Map<unknown, unknown> {
    const object: JsonObject = {}
    this.#at++
    if (this.#take('}')) return object
    do {
      const key = this.#key(depth)
      if (typeof key === 'object') return this.#objectKeyed(object, key, depth)
      this.#expect(':')
      const value = this.#value(depth + 1)
      this.#put(object, key, value)
    } while (this.#take(','))
    this.#expect('}')
    return object
  }

  /** Goes on with an object that turns out to have objects as keys. */
  #objectKeyed(soFar: JsonObject, firstKey: object, depth: number): Map<unknown, unknown> {
    const map = new Map<unknown, unknown>(Object.entries(soFar))
    let key: unknown = firstKey
    for (;;) {
      this.#expect(':')
      const value = this.#value(depth + 1)
      map.set(key, value)
      const at = key
      this.#note(value, (found) => map.set(at, found), map)
      if (!this.#take(',')) break
      key = this.#key(depth)
    }
    this.#expect('}')
    return map
  }

  #key(depth: number): string | object {
    this.#skipBlanks()
    const c = this.text.charCodeAt(this.#at)
    if (c === 34 /* " */) return this.#string()
    if (c === 123 /* { */) return this.#value(depth + 1) as object
    const key = this.#match(/-?\d+/y)
    if (key === undefined) throw this.#error('a key is neither text nor an integer nor an object')
    return key
  }

  #put(object: JsonObject, key: string, value: unknown): void {
    // Defined, not assigned: a key of '__proto__' stays a key.
    if (key === '__proto__') {
      Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
    } else object[key] = value
    this.#note(value, (found) => (object[key] = found), object)
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = []
    this.#at++
    if (this.#take(']')) return array
    do {
      const index = array.length
      const value = this.#value(depth + 1)
      array.push(value)
      this.#note(value, (found) => (array[index] = found), array)
    } while (this.#take(','))
    this.#expect(']')
    return array
  }

  #string(): string {
    const end = endOfString(this.text, this.#at)
    if (end === this.text.length) throw this.#error('a text has no end')
    const content = this.text.slice(this.#at + 1, end)
    const value = needsUnescaping.test(content) ? unescaped(content) : content
    if (value === undefined) throw this.#error('a text has a wrong escape')
    this.#at = end + 1
    return value
  }

  #word(): unknown {
    const word = this.#match(/[A-Za-z0-9.+-]+/y)
    if (word === 'true') return true
    if (word === 'false') return false
    if (word === 'null' || word === 'NaN') return null
    const number = word === undefined ? undefined : parseNumber(word)
    if (number === undefined) throw this.#error(`'${(word ?? this.text[this.#at] ?? '').slice(0, 24)}' is no value`)
    return number
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #note(value: unknown, put: (value: unknown) => void, holder: object): void {
    if (typeof value !== 'object' || value === null) return
    const path = (value as { $ref?: unknown }).$ref
    if (typeof path === 'string') this.#references.push({ path, put, holder })
  }

  #expect(character: string): void {
    if (!this.#take(character)) throw this.#error(`'${character}' is missing`)
  }

  #take(character: string): boolean {
    this.#skipBlanks()
    if (this.text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #skipBlanks(): void {
    while (this.text.charCodeAt(this.#at) <= 32) this.#at++
  }

  #error(problem: string): ProtocolError {
    return new ProtocolError('JSON', `wrong JSON at character ${this.#at}: ${problem}`)
  }
}

function parseNumber(word: string): number | bigint | undefined {
  if (/^-?\d+$/.test(word)) {
    const number = Number(word)
    if (Number.isSafeInteger(number)) return number
    return word.length > integerLengthMax ? number : BigInt(word)
  }
  return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(word) ? Number(word) : undefined
}

const needsUnescaping = /[\\\u0000-\u001f]/

/** Java reads raw control characters inside a text; `JSON.parse` wants them escaped. */
function unescaped(content: string): string | undefined {
  try {
    return JSON.parse(`"${content.replace(/[\u0000-\u001f]/g, escapeControl)}"`) as string
  } catch {
    return undefined
  }
}

const escapeControl = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
