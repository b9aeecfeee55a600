import { ProtocolError } from '../errors.js'
import { parseFastjson } from '../fastjson/parse.js'
import { writeFastjson, type FastjsonOptions } from '../fastjson/write.js'

/**
 * Bodies are declared as shapes, as headers are as tables: one declaration gives the reader, its checks, the writer and
 * the type.
 *
 *     const topicList = shape({ topicList: listOf(text), brokerAddr: optional(text) })
 *     type TopicList = ShapeOf<typeof topicList>
 *
 * Members that are not declared are neither read nor written, as every RocketMQ peer ignores what it does not know.
 */
export interface Shape<T> {
  /** Turns a parsed value into the declared type, or throws `ProtocolError` `BODY` naming the member. */
  read(value: unknown, path: string): T
  /** Turns a value of the declared type into what `writeFastjson` writes. */
  write(value: T): unknown
}

export type ShapeOf<S> = S extends Shape<infer T> ? T : never

const absent = (value: unknown): value is undefined | null => value === undefined || value === null

const pathMax = 120

/** The error for a value at `path` that is not what is `wanted`. */
export const wrong = (path: string, wanted: string) =>
  new ProtocolError('BODY', `${path.length > pathMax ? `${path.slice(0, pathMax)}…` : path} must be ${wanted}`)

/** Absent and null are undefined. */
export const optional = <T>(one: Shape<T>): Shape<T | undefined> => ({
  read: (value, path) => (absent(value) ? undefined : one.read(value, path)),
  write: (value) => (value === undefined ? undefined : one.write(value)),
})

/** Absent and null become what `fallback` gives. */
export const withDefault = <T>(one: Shape<T | undefined>, fallback: () => T): Shape<T> => ({
  read: (value, path) => (absent(value) ? fallback() : (one.read(value, path) ?? fallback())),
  write: one.write,
})

type Members<M extends Record<string, Shape<any>>> = {
  [K in keyof M as undefined extends ShapeOf<M[K]> ? never : K]: ShapeOf<M[K]>
} & { [K in keyof M as undefined extends ShapeOf<M[K]> ? K : never]?: ShapeOf<M[K]> }

/** An object with declared members. */
export function shape<M extends Record<string, Shape<any>>>(members: M): Shape<Members<M>> {
  // In the order they are written.
  const entries = Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    read: (value, path) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(path, 'an object')
      const read: Record<string, unknown> = {}
      for (const [name, one] of entries) {
        const raw = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined
        const member = one.read(raw, `${path}.${name}`)
        if (member !== undefined) read[name] = member
      }
      return read as Members<M>
    },
    write: (value) => {
      const written: Record<string, unknown> = {}
      for (const [name, one] of entries) {
        const member = (value as Record<string, unknown>)[name]
        if (!absent(member)) written[name] = one.write(member)
      }
      return written
    },
  }
}

/** A decoder of bodies of a shape. Throws `ProtocolError` `BODY`; its sentences begin with `name`. */
export const decoder =
  <T>(name: string, one: Shape<T>) =>
  (bytes: Uint8Array | string | undefined): T => {
    if (bytes === undefined || bytes.length === 0) throw new ProtocolError('BODY', `${name}: the body is missing`)
    return one.read(parseBody(name, bytes), name)
  }

export function parseBody(name: string, bytes: Uint8Array | string): unknown {
  try {
    return parseFastjson(bytes)
  } catch (cause) {
    throw new ProtocolError('BODY', `${name}: ${(cause as Error).message}`, { cause })
  }
}

/** An encoder of bodies of a shape. What the caller passes as options goes before `defaults`. */
export const encoder =
  <T>(one: Shape<T>, defaults: FastjsonOptions = {}) =>
  (value: T, options: FastjsonOptions = defaults): Uint8Array =>
    Buffer.from(writeFastjson(one.write(value), options))
