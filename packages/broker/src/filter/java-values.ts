import type { NumberLiteral } from './expression.js'

/** An evaluation that Java ends with an exception: the message does not match, whatever else the expression says. */
export const failed = Symbol('failed')
/** Three-valued logic, undefined for unknown, and failure. */
export type Truth = boolean | undefined | typeof failed
/** What an operand is for one message; undefined for null. */
export type Value = Truth | string | NumberLiteral

/** Longer texts than this are not read as numbers: any producer may write any property. */
const numberCharsMax = 512
const integerPattern = /^[+-]?\d+$/
/** `Double.valueOf` without hexadecimal forms. */
const doublePattern = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/

const int = { min: -(2 ** 31), max: 2 ** 31 - 1 }
const long = { min: -(2n ** 63n), max: 2n ** 63n - 1n }

/** `=` (`ComparisonExpression.doCreateEqual`, 4.7.1): null equals null, and only a null on the left makes it unknown. */
export function equals(left: Value, right: Value): Truth {
  if (left === undefined) return right === undefined ? true : undefined
  if (right === undefined) return false
  if (typeof left === typeof right && typeof left !== 'object') return left === right
  const order = compare(left, right)
  return order === failed ? failed : order === 0
}

/**
 * Sign of left - right after Java's conversions (`ComparisonExpression.__compare`): a text becomes what the other side is.
 * Neither is null. Two texts are compared as doubles.
 */
export function compare(left: Value, right: Value): number | typeof failed {
  if (typeof left === 'string') return compareText(left, right)
  // Java tries to cast the boolean to a text here.
  if (typeof right === 'string' && typeof left === 'boolean') return failed
  if (typeof right === 'string') return negated(compareText(right, left))
  if (isNumber(left) && isNumber(right)) return compareNumbers(left, right)
  return -1
}

function compareText(text: string, other: Value): number | typeof failed {
  if (typeof other === 'boolean') return Number(text.toLowerCase() === 'true') - Number(other)
  if (typeof other === 'string') return compareRead(readDouble(text), readDouble(other))
  if (!isNumber(other)) return failed
  if (other.type === 'double') return compareRead(readDouble(text), other.value)
  return compareRead(other.type === 'integer' ? readInteger(text) : readLong(text), other.value)
}

const isNumber = (value: Value): value is NumberLiteral => typeof value === 'object'
const negated = (order: number | typeof failed) => (order === failed ? failed : -order)

type Read = number | bigint | typeof failed

const compareRead = (left: Read, right: Read): number | typeof failed =>
  left === failed || right === failed ? failed : orderOf(left, right)

export function compareNumbers(left: NumberLiteral, right: NumberLiteral): number {
  const asDoubles = left.type === 'double' || right.type === 'double'
  return asDoubles ? orderOf(Number(left.value), Number(right.value)) : orderOf(left.value, right.value)
}

/** `Double.compareTo` for doubles: NaN is above all, and -0 below 0. */
function orderOf(left: number | bigint, right: number | bigint): number {
  if (left < right) return -1
  if (left > right) return 1
  if (typeof left === 'bigint' || typeof right === 'bigint' || Object.is(left, right)) return 0
  if (Number.isNaN(left) || Number.isNaN(right)) return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
  return left === 0 ? Number(Object.is(right, -0)) - Number(Object.is(left, -0)) : 0
}

/** `Integer.valueOf` */
function readInteger(text: string): number | typeof failed {
  if (text.length > numberCharsMax || !integerPattern.test(text)) return failed
  const value = Number(text)
  // No negative zero: Java's integers have none.
  return value >= int.min && value <= int.max ? value + 0 : failed
}

/** `Long.valueOf`; a number where that is exact, as it is the faster one. */
function readLong(text: string): number | bigint | typeof failed {
  if (text.length > numberCharsMax || !integerPattern.test(text)) return failed
  if (text.length < 16) return Number(text) + 0
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text)
  return value >= long.min && value <= long.max ? value : failed
}

/** `Double.valueOf`, which trims control characters and spaces. */
function readDouble(text: string): number | typeof failed {
  if (text.length > numberCharsMax) return failed
  const trimmed = doublePattern.test(text) ? text : javaTrim(text)
  if (!doublePattern.test(trimmed)) return failed
  return Number(/[fFdD]$/.test(trimmed) ? trimmed.slice(0, -1) : trimmed)
}

function javaTrim(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && text.charCodeAt(from) <= 32) from++
  while (to > from && text.charCodeAt(to - 1) <= 32) to--
  return text.slice(from, to)
}

/** The number an integer literal stands for; undefined beyond Java's `long`. */
export function integerLiteral(digits: string): NumberLiteral | undefined {
  const value = BigInt(digits)
  if (value > long.max) return undefined
  return value <= BigInt(int.max) ? { type: 'integer', value: Number(value) } : { type: 'long', value }
}

/** The number a decimal literal stands for; undefined for zero, and beyond Java's `double`: Apache takes neither. */
export function decimalLiteral(text: string): NumberLiteral | undefined {
  const value = Number(text)
  return value === 0 || value === Infinity ? undefined : { type: 'double', value }
}

export function negate(number: NumberLiteral): NumberLiteral {
  return number.type === 'long'
    ? { type: 'long', value: -number.value }
    : { type: number.type, value: 0 - number.value }
}
