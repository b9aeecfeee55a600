import { ProtocolError } from '../errors.js'
import { asBuffer } from '../buffers.js'

/** Deepest nesting read. */
const depthMax = 64

/**
 * Reads JSON as fastjson writes it, which is not always JSON: integer keys without quotes, objects as keys (they become
 * their own text, see `parseKey`), `$ref` to an earlier value. Integers beyond 2^53 become bigints.
 * Throws `ProtocolError` `JSON` with the place.
 */
export function parseFastjson(source: string | Uint8Array): unknown {
  const text = typeof source === 'string' ? source : asBuffer(source).toString('utf8')
  if (!mayNeedTolerance(text)) {
    try {
      return JSON.parse(text)
    } catch {
      // The tolerant reader decides, and says where it is wrong.
    }
  }
  return new Reader(text).document()
}

/** The forms that `JSON.parse` refuses or would damage: unquoted or object keys, references, long integers. */
const mayNeedTolerance = (text: string): boolean => /[{,]\s*[{\d-]|"\$ref"|\d{16}|__proto__/.test(text)

/** Turns the key of a map with object keys back into the object. */
export const parseKey = (key: string): unknown => new Reader(key).document()

class Reader {
  #at = 0
  #root: unknown
  #references: { holder: Record<string, unknown> | unknown[]; key: string | number; path: string }[] = []

  constructor(private readonly text: string) {}

  document(): unknown {
    this.#root = this.#value(0)
    this.#blanks()
    if (this.#at < this.text.length) throw this.#error('more text behind the end')
    for (const { holder, key, path } of this.#references) (holder as Record<string, unknown>)[key] = this.#resolve(path)
    return this.#root
  }

  #value(depth: number): unknown {
    if (depth > depthMax) throw this.#error(`more than ${depthMax} levels`)
    this.#blanks()
    const character = this.text[this.#at]
    if (character === '{') return this.#object(depth)
    if (character === '[') return this.#array(depth)
    if (character === '"') return this.#string()
    return this.#word()
  }

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    this.#at++
    if (this.#take('}')) return object
    do {
      const key = this.#key(depth)
      if (!this.#take(':')) throw this.#error("':' is missing")
      this.#put(object, key, this.#value(depth + 1))
    } while (this.#take(','))
    if (!this.#take('}')) throw this.#error("'}' is missing")
    return object
  }

  #put(object: Record<string, unknown>, key: string, value: unknown): void {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
    this.#note(object, key, value)
  }

  /** Text, a bare integer, or an object, whose text becomes the key. */
  #key(depth: number): string {
    this.#blanks()
    const start = this.#at
    const character = this.text[start]
    if (character === '"') return this.#string()
    if (character === '{') {
      this.#object(depth + 1)
      return this.text.slice(start, this.#at)
    }
    return String(this.#word())
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = []
    this.#at++
    if (this.#take(']')) return array
    do {
      const value = this.#value(depth + 1)
      this.#note(array, array.length, value)
      array.push(value)
    } while (this.#take(','))
    if (!this.#take(']')) throw this.#error("']' is missing")
    return array
  }

  #string(): string {
    const start = this.#at
    for (let at = start + 1; at < this.text.length; at++) {
      const character = this.text[at]
      if (character === '\\') at++
      else if (character === '"') {
        this.#at = at + 1
        return this.#unquote(this.text.slice(start, at + 1))
      }
    }
    throw this.#error('a text has no end')
  }

  #unquote(quoted: string): string {
    try {
      return JSON.parse(quoted.replace(/[\u0000-\u001f]/g, escapeControl)) as string
    } catch {
      throw this.#error('a text has a wrong escape')
    }
  }

  #word(): unknown {
    const pattern = /-?[A-Za-z0-9.+-]+/y
    pattern.lastIndex = this.#at
    const word = pattern.exec(this.text)?.[0]
    if (word === undefined) throw this.#error('a value is missing')
    this.#at += word.length
    if (word === 'true') return true
    if (word === 'false') return false
    if (word === 'null' || word === 'NaN') return null
    if (/^-?\d+$/.test(word)) return this.#integer(word)
    const number = Number(word)
    if (Number.isNaN(number)) throw this.#error(`'${word.slice(0, 20)}' is no value`)
    return number
  }

  #integer(word: string): number | bigint {
    const number = Number(word)
    if (Number.isSafeInteger(number)) return number
    if (word.length > 40) throw this.#error('an integer is too long')
    return BigInt(word)
  }

  #note(holder: Record<string, unknown> | unknown[], key: string | number, value: unknown): void {
    const path = typeof value === 'object' && value !== null ? (value as { $ref?: unknown }).$ref : undefined
    if (typeof path === 'string') this.#references.push({ holder, key, path })
  }

  /** `$.a.b[0]`: the forms fastjson writes for a value that stands elsewhere in the document. */
  #resolve(path: string): unknown {
    let value = this.#root
    for (const [, name, index] of path.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)) {
      value = (value as Record<string, unknown> | undefined)?.[name ?? index!]
    }
    if (value === undefined) throw this.#error(`the reference '${path.slice(0, 60)}' leads nowhere`)
    return value
  }

  #take(character: string): boolean {
    this.#blanks()
    if (this.text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #blanks(): void {
    while (this.#at < this.text.length && this.text.charCodeAt(this.#at) <= 32) this.#at++
  }

  #error(problem: string): ProtocolError {
    return new ProtocolError('JSON', `wrong JSON at character ${this.#at}: ${problem}`)
  }
}

const escapeControl = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
