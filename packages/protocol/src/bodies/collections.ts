import { parseBody, wrong, type Shape } from './shape.js'
import { integer } from './values.js'

/** Absent lists are empty, as peers leave out what is empty. */
export const listOf = <T>(one: Shape<T>): Shape<T[]> => ({
  read: (value, path) => {
    if (value === undefined || value === null) return []
    if (!Array.isArray(value)) throw wrong(path, 'a list')
    return value.map((item, i) => one.read(item, `${path}[${i}]`))
  },
  write: (values) => values.map(one.write),
})

/** A map with text keys, in the order they came. Absent maps are empty. */
export const mapOf = <T>(one: Shape<T>): Shape<Map<string, T>> => ({
  read: (value, path) => {
    const map = new Map<string, T>()
    for (const [key, item] of entriesOf(value, path)) {
      if (typeof key !== 'string') throw wrong(`a key of ${path}`, 'text')
      map.set(key, one.read(item, `${path}.${key}`))
    }
    return map
  },
  write: (map) => writeMap(map, (key) => key, one),
})

/** A map with text keys, as an object without prototype: for tables of figures and settings, which are shown as they are. */
export const recordOf = <T>(one: Shape<T>): Shape<Record<string, T>> => {
  const map = mapOf(one)
  return {
    read: (value, path) => {
      const record = Object.create(null) as Record<string, T>
      for (const [key, item] of map.read(value, path)) record[key] = item
      return record
    },
    write: (record) => map.write(new Map(Object.entries(record))),
  }
}

/** A map with integer keys, which fastjson writes without quotes. */
export const integerMapOf = <T>(one: Shape<T>): Shape<Map<number, T>> => ({
  read: (value, path) => {
    const map = new Map<number, T>()
    for (const [key, item] of entriesOf(value, path)) {
      map.set(integer.read(key, `a key of ${path}`), one.read(item, `${path}.${String(key)}`))
    }
    return map
  },
  write: (map) => writeMap(map, (key) => key, one),
})

/**
 * A map with objects as keys, which is no JSON but how Java writes it: `{{"brokerName":…}:1}`. Keys that hold the object's
 * JSON as text are read too, as Java does.
 */
export const objectMapOf = <K, T>(keys: Shape<K>, one: Shape<T>): Shape<Map<K, T>> => ({
  read: (value, path) => {
    const map = new Map<K, T>()
    for (const [key, item] of entriesOf(value, path)) {
      const object = typeof key === 'string' ? parseBody(`a key of ${path}`, key) : key
      map.set(keys.read(object, `a key of ${path}`), one.read(item, `a value of ${path}`))
    }
    return map
  },
  write: (map) => writeMap(map, keys.write, one),
})

/** A plain object, or the `Map` that `parseFastjson` makes of one with objects as keys. */
function entriesOf(value: unknown, path: string): Iterable<[unknown, unknown]> {
  if (value === undefined || value === null) return []
  if (value instanceof Map) return value
  if (typeof value !== 'object' || Array.isArray(value)) throw wrong(path, 'an object')
  return Object.entries(value)
}

function writeMap<K, T>(map: ReadonlyMap<K, T>, key: (key: K) => unknown, one: Shape<T>): Map<unknown, unknown> {
  const written = new Map<unknown, unknown>()
  for (const [at, item] of map) written.set(key(at), one.write(item))
  return written
}
