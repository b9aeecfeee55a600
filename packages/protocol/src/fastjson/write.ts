import { doubleText, JavaDouble } from './java-double.js'
import { quoteText } from './quote-text.js'

export interface FastjsonOptions {
  /**
   * Writes `{"0":…}` instead of `{0:…}`: every reader takes it, and those that want standard JSON need it.
   * Default false, as fastjson writes.
   */
  quoteIntegers?: boolean
}

/**
 * Writes JSON as fastjson does: compact; members of plain objects in alphabetical order; null and undefined ones left out.
 * A `Map` keeps its order and writes its keys as they are: text in quotes, numbers and objects without.
 */
export const writeFastjson = (value: unknown, options: FastjsonOptions = {}): string =>
  new Writer(options.quoteIntegers ?? false, false).value(value, 0)

/**
 * The form of RocketMQ's config files: indented by tabs, a member a line. The entries of maps whose keys are not text,
 * numbers in an array and the elements of a `Set` stand in one line.
 */
export const writePrettyFastjson = (value: unknown): string => new Writer(false, true).value(value, 0)

class Writer {
  constructor(
    private readonly quoteIntegers: boolean,
    private readonly pretty: boolean,
  ) {}

  value(value: unknown, depth: number): string {
    switch (typeof value) {
      case 'string':
        return quoteText(value)
      case 'number':
        return Number.isFinite(value) ? String(value) : 'null'
      case 'boolean':
      case 'bigint':
        return String(value)
      default:
        return typeof value === 'object' && value !== null ? this.#container(value, depth) : 'null'
    }
  }

  #container(value: object, depth: number): string {
    if (value instanceof Map) return this.#map(value, depth)
    if (Array.isArray(value)) return this.#array(value, depth)
    if (value instanceof Set) return `[${this.#elements([...value], depth).join(',')}]`
    if (value instanceof JavaDouble) return doubleText(value.value)
    return this.#object(value as Record<string, unknown>, depth)
  }

  #object(object: Record<string, unknown>, depth: number): string {
    const members: string[] = []
    for (const name of sortedKeys(object)) {
      const value = object[name]
      if (value === undefined || value === null) continue
      members.push(`${quoteText(name)}:${this.value(value, depth + 1)}`)
    }
    return this.#block('{', members, '}', depth)
  }

  #map(map: Map<unknown, unknown>, depth: number): string {
    const members: string[] = []
    let inOneLine = false
    for (const [key, value] of map) {
      if (value === undefined || value === null) continue
      inOneLine = typeof key !== 'string'
      members.push(`${this.#key(key, depth)}:${this.value(value, depth + 1)}`)
    }
    if (this.pretty && inOneLine) return `{${members.join(',')}${this.#line(depth)}}`
    return this.#block('{', members, '}', depth)
  }

  #key(key: unknown, depth: number): string {
    if (typeof key === 'number' || typeof key === 'bigint') return this.quoteIntegers ? `"${key}"` : String(key)
    return this.value(key, depth + 1)
  }

  #array(values: unknown[], depth: number): string {
    const members = this.#elements(values, depth)
    return typeof values[0] === 'number' ? `[${members.join(',')}]` : this.#block('[', members, ']', depth)
  }

  #elements = (values: unknown[], depth: number) => values.map((value) => this.value(value, depth + 1))

  #block(open: string, members: string[], close: string, depth: number): string {
    if (!this.pretty || members.length === 0) return open + members.join(',') + close
    const line = this.#line(depth + 1)
    return open + line + members.join(`,${line}`) + this.#line(depth) + close
  }

  #line = (depth: number) => `\n${'\t'.repeat(depth)}`
}

/** Most objects come in order already: sorting is then skipped. */
function sortedKeys(object: Record<string, unknown>): string[] {
  const keys = Object.keys(object)
  for (let i = 1; i < keys.length; i++) if (keys[i - 1]! > keys[i]!) return keys.sort()
  return keys
}
