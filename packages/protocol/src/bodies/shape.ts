import { parseFastjson, parseKey } from '../fastjson/parse.js'
import { writeFastjson, type WriteOptions } from '../fastjson/write.js'
import { ProtocolError } from '../errors.js'

/**
 * Bodies are declared as shapes, as headers are as tables: one declaration gives the reader, its checks and the type.
 *
 *     const topicList = shape({ topicList: listOf(text), brokerAddr: optional(text) })
 *     type TopicList = ShapeOf<typeof topicList>
 *
 * Members that are not declared are ignored, as every RocketMQ peer does.
 */
export interface Shape<T> {
  /** Turns a parsed value into the declared type, or throws `ProtocolError` `BODY` naming the member. */
  read(value: unknown, path: string): T
}

export type ShapeOf<S> = S extends Shape<infer T> ? T : never

const wrong = (path: string, wanted: string) => new ProtocolError('BODY', `${path} must be ${wanted}`)

export const text: Shape<string> = {
  read: (value, path) => {
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
    throw wrong(path, 'text')
  },
}

/** An integer; fastjson also takes its digits as text, which the Go client sends. */
export const integer: Shape<number> = {
  read: (value, path) => {
    const number = typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? Number(value) : value
    if (typeof number === 'number' && Number.isInteger(number)) return number
    // Beyond 2^53 (nanosecond versions of the Go client): near enough to compare.
    if (typeof value === 'bigint') return Number(value)
    throw wrong(path, 'an integer')
  },
}

export const decimal: Shape<number> = {
  read: (value, path) => {
    const number = typeof value === 'string' ? Number(value) : value
    if (typeof number === 'number' && !Number.isNaN(number)) return number
    throw wrong(path, 'a number')
  },
}

export const flag: Shape<boolean> = {
  read: (value, path) => {
    if (typeof value === 'boolean') return value
    if (value === 'true' || value === 'false') return value === 'true'
    throw wrong(path, 'true or false')
  },
}

/** Absent and null are undefined. */
export const optional = <T>(one: Shape<T>): Shape<T | undefined> => ({
  read: (value, path) => (value === undefined || value === null ? undefined : one.read(value, path)),
})

/** Absent and null become what `fallback` gives. */
export const withDefault = <T>(one: Shape<T>, fallback: () => T): Shape<T> => ({
  read: (value, path) => (value === undefined || value === null ? fallback() : one.read(value, path)),
})

/** A name of a Java enum, or its ordinal, which the Go client sends. */
export const oneOf = <const T extends string>(...names: T[]): Shape<T> => ({
  read: (value, path) => {
    const name = typeof value === 'number' ? names[value] : value
    if (names.includes(name as T)) return name as T
    throw wrong(path, `one of ${names.join(', ')}`)
  },
})

/** Absent lists are empty, as peers leave out what is empty. */
export const listOf = <T>(one: Shape<T>): Shape<T[]> => ({
  read: (value, path) => {
    if (value === undefined || value === null) return []
    if (!Array.isArray(value)) throw wrong(path, 'a list')
    return value.map((item, i) => one.read(item, `${path}[${i}]`))
  },
})

function entriesOf(value: unknown, path: string): [string, unknown][] {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong(path, 'an object')
  return Object.entries(value)
}

/** A map with text keys. Absent maps are empty. */
export const mapOf = <T>(one: Shape<T>): Shape<Map<string, T>> => ({
  read: (value, path) => new Map(entriesOf(value, path).map(([key, item]) => [key, one.read(item, `${path}.${key}`)])),
})

/** A map with integer keys, which fastjson writes without quotes. */
export const integerMapOf = <T>(one: Shape<T>): Shape<Map<number, T>> => ({
  read: (value, path) =>
    new Map(
      entriesOf(value, path).map(([key, item]) => [
        integer.read(key, `a key of ${path}`),
        one.read(item, `${path}.${key}`),
      ]),
    ),
})

/** A map with objects as keys, which is no JSON but how Java writes it: `{{"brokerName":…}:1}`. */
export const objectMapOf = <K, T>(keys: Shape<K>, one: Shape<T>): Shape<Map<K, T>> => ({
  read: (value, path) =>
    new Map(
      entriesOf(value, path).map(([key, item]) => [keys.read(parseKey(key), `a key of ${path}`), one.read(item, path)]),
    ),
})

type Members<M extends Record<string, Shape<any>>> = {
  [K in keyof M as undefined extends ShapeOf<M[K]> ? never : K]: ShapeOf<M[K]>
} & { [K in keyof M as undefined extends ShapeOf<M[K]> ? K : never]?: ShapeOf<M[K]> }

/** An object with declared members. */
export function shape<M extends Record<string, Shape<any>>>(members: M): Shape<Members<M>> {
  const entries = Object.entries(members)
  return {
    read: (value, path) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object')
      const read: Record<string, unknown> = {}
      for (const [name, one] of entries) {
        const member = one.read((value as Record<string, unknown>)[name], `${path}.${name}`)
        if (member !== undefined) read[name] = member
      }
      return read as Members<M>
    },
  }
}

/** A decoder of bodies of a shape. Errors begin with `name`. */
export const decoder =
  <T>(name: string, one: Shape<T>) =>
  (bytes: Uint8Array | string | undefined): T => {
    if (bytes === undefined || bytes.length === 0) throw new ProtocolError('BODY', `${name}: the body is missing`)
    let value: unknown
    try {
      value = parseFastjson(bytes)
    } catch (cause) {
      throw new ProtocolError('BODY', `${name}: ${(cause as Error).message}`, { cause })
    }
    return one.read(value, name)
  }

/** An encoder of bodies of a shape. */
export const encoder =
  <T>(_one: Shape<T>, options?: WriteOptions) =>
  (value: T): Uint8Array =>
    Buffer.from(writeFastjson(value, options))
