import { JavaDouble } from '../fastjson/java-double.js'
import { wrong, type Shape } from './shape.js'

/*
 * What fastjson takes for each Java type: a number as text too, a text as number too, an enum by name or ordinal.
 */

const asIs = (value: unknown) => value
const digits = /^-?\d{1,19}$/

export const text: Shape<string> = {
  read: (value, path) => {
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value)
    throw wrong(path, 'text')
  },
  write: asIs,
}

/** An integer below 2^53. */
export const integer: Shape<number> = {
  read: (value, path) => {
    const number = typeof value === 'string' && digits.test(value) ? Number(value) : value
    if (Number.isSafeInteger(number)) return number as number
    throw wrong(path, 'an integer below 2^53')
  },
  write: asIs,
}

/** A 64-bit integer of any size: a bigint beyond 2^53. */
export const bigInteger: Shape<number | bigint> = {
  read: (value, path) => {
    if (Number.isSafeInteger(value)) return value as number
    const big = typeof value === 'string' && digits.test(value) ? BigInt(value) : value
    if (typeof big !== 'bigint' || BigInt.asIntN(64, big) !== big) throw wrong(path, 'a 64-bit integer')
    const number = Number(big)
    return Number.isSafeInteger(number) ? number : big
  },
  write: asIs,
}

/** A Java double, written with a fraction. */
export const decimal: Shape<number> = {
  read: (value, path) => {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
    if (typeof number === 'number' && Number.isFinite(number)) return number
    throw wrong(path, 'a number')
  },
  write: (value) => new JavaDouble(value),
}

export const flag: Shape<boolean> = {
  read: (value, path) => {
    if (typeof value === 'boolean') return value
    if (value === 'true' || value === 1 || value === '1') return true
    if (value === 'false' || value === 0 || value === '0') return false
    throw wrong(path, 'true or false')
  },
  write: asIs,
}

/** A name of a Java enum, or its ordinal, which the Go and C++ clients send. A name Java does not know is null to it. */
export const oneOf = <const T extends string>(...names: T[]): Shape<T | undefined> => ({
  read: (value, path) => {
    if (typeof value === 'string') return names.find((name) => name === value)
    if (typeof value === 'number') return names[value]
    if (value === undefined || value === null) return undefined
    throw wrong(path, `one of ${names.join(', ')}`)
  },
  write: asIs,
})
