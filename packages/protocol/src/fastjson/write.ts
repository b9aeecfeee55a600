/**
 * Writes JSON as fastjson does: compact, members in alphabetical order, null and undefined left out.
 * A `Map` is written with its keys as they are: numbers and objects without quotes, as Java's readers expect them;
 * `quoteIntegers` quotes numbers, which every reader takes and Go's needs.
 */
export function writeFastjson(value: unknown, options: WriteOptions = {}): string {
  return new Writer(options.quoteIntegers ?? false, options.pretty ?? false).value(value, 0)
}

export interface WriteOptions {
  quoteIntegers?: boolean
  /** The form of RocketMQ's config files: tab indented, a member a line; entries of maps with integer keys in one line. */
  pretty?: boolean
}

class Writer {
  constructor(
    private readonly quoteIntegers: boolean,
    private readonly pretty: boolean,
  ) {}

  value(value: unknown, depth: number): string {
    if (value === null || value === undefined) return 'null'
    if (typeof value === 'bigint') return String(value)
    if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'null'
    if (typeof value !== 'object') return JSON.stringify(value)
    if (value instanceof Map) return this.#map(value, depth)
    if (Array.isArray(value) || value instanceof Set) return this.#array([...value], depth)
    return this.#object(value as Record<string, unknown>, depth)
  }

  #object(object: Record<string, unknown>, depth: number): string {
    const names = Object.keys(object)
      .filter((name) => object[name] !== undefined && object[name] !== null)
      .sort()
    return this.#block(
      names.map((name) => `${JSON.stringify(name)}:${this.value(object[name], depth + 1)}`),
      '{}',
      depth,
    )
  }

  #map(map: Map<unknown, unknown>, depth: number): string {
    const entries = [...map].filter(([, value]) => value !== undefined && value !== null)
    const inline = this.pretty && entries.length > 0 && typeof entries[0]![0] === 'number'
    const members = entries.map(([key, value]) => `${this.#key(key)}:${this.value(value, depth + 1)}`)
    if (inline) return `{${members.join(',')}\n${'\t'.repeat(depth)}}`
    return this.#block(members, '{}', depth)
  }

  #key(key: unknown): string {
    if (typeof key === 'string') return JSON.stringify(key)
    if (typeof key === 'object') return new Writer(this.quoteIntegers, false).value(key, 0)
    return this.quoteIntegers ? `"${String(key)}"` : String(key)
  }

  #array(values: unknown[], depth: number): string {
    return this.#block(
      values.map((value) => this.value(value, depth + 1)),
      '[]',
      depth,
    )
  }

  #block(members: string[], brackets: string, depth: number): string {
    const [open, close] = brackets
    if (!this.pretty || members.length === 0) return open + members.join(',') + close
    const indent = `\n${'\t'.repeat(depth + 1)}`
    return `${open}${indent}${members.join(`,${indent}`)}\n${'\t'.repeat(depth)}${close}`
  }
}
