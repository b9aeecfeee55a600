/** The parts of an address: four bytes, or eight groups of IPv6. */
export type AddressParts = readonly number[]
type Range = readonly [min: number, max: number]
/** Does the address belong to a white list's pattern? Addresses that cannot be read belong to none. */
export type AddressMatcher = (address: AddressParts | undefined) => boolean

const everybody = new Set(['*', '*.*.*.*', '*:*:*:*:*:*:*:*'])

/**
 * A pattern of a white list (`RemoteAddressStrategyFactory`, 4.7.1). Undefined for a blank one, which matches nobody.
 *
 * - `*`, `*.*.*.*`, `*:*:*:*:*:*:*:*`: everybody
 * - `10.0.0.1`, `10.0.0.1,10.0.0.2`, `fe80::1`: these
 * - `10.0.0.{1,2,9}`, `fe80::{1,2}`: a list as last part
 * - `10.0.0.*`, `10.0.*.*`, `10.0.0.10-20`, `10.0.1-5.*`, `fe80::1-2f`, `fe80::7:*`: ranges, in every part but the first
 *
 * Throws an `Error` that says what is wrong. 4.7.1 looks at no part behind a range; here each counts.
 */
export function addressMatcher(pattern: string): AddressMatcher | undefined {
  const text = pattern.trim()
  if (text === '') return undefined
  if (everybody.has(text)) return () => true
  const alternatives = alternativesOf(text)
  return (address) => address !== undefined && alternatives.some((ranges) => isWithin(address, ranges))
}

/** The parts of an IP address; undefined for anything else. IPv4 inside IPv6 counts as IPv4. */
export function addressParts(host: string): AddressParts | undefined {
  const plain = host.replace(/^::ffff:(?=[\d.]+$)/i, '').replace(/%.*$/, '')
  try {
    return single(plain, host).map(([min]) => min)
  } catch {
    return undefined
  }
}

function isWithin(address: AddressParts, ranges: readonly Range[]): boolean {
  return address.length === ranges.length && ranges.every(([min, max], i) => address[i]! >= min && address[i]! <= max)
}

/** The members of a list; the one pattern there is, if it is none. */
function alternativesOf(text: string): Range[][] {
  const list = /^([^{}]*[.:])\{([^{}]*)\}$/.exec(text)
  if (list) return list[2]!.split(',').map((last) => single(list[1]! + last.trim(), text))
  if (text.includes(',')) return text.split(',').map((one) => single(one.trim(), text))
  return [rangesOf(text, text)]
}

/** One address, without ranges. */
function single(address: string, pattern: string): Range[] {
  const ranges = rangesOf(address, pattern)
  if (ranges.every(([min, max]) => min === max)) return ranges
  throw unusable(pattern, `'${address}' is no single IP address`)
}

function rangesOf(text: string, pattern: string): Range[] {
  const groups = text.includes(':') ? ipv6Groups(text, pattern) : text.split('.')
  const isIpv6 = text.includes(':')
  const wanted = isIpv6 ? 8 : 4
  if (groups.length !== wanted) throw unusable(pattern, `it has ${groups.length} parts instead of ${wanted}`)
  const ranges = groups.map((group) => rangeOf(group.trim(), isIpv6, pattern))
  if (ranges[0]![0] !== ranges[0]![1]) throw unusable(pattern, 'its first part must be a number')
  return ranges
}

/** `a::b` written out in full; the last 32 bits may be written as IPv4. */
function ipv6Groups(text: string, pattern: string): string[] {
  const halves = withoutDots(text).split('::')
  if (halves.length > 2) throw unusable(pattern, "it has more than one '::'")
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')))
  if (tail === undefined) return head
  return [...head, ...Array<string>(Math.max(1, 8 - head.length - tail.length)).fill('0'), ...tail]
}

function withoutDots(text: string): string {
  const last = text.slice(text.lastIndexOf(':') + 1)
  if (!/^(\d{1,3}\.){3}\d{1,3}$/.test(last)) return text
  const [a, b, c, d] = last.split('.').map(Number) as [number, number, number, number]
  return `${text.slice(0, -last.length)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
}

function rangeOf(group: string, isIpv6: boolean, pattern: string): Range {
  const max = isIpv6 ? 0xffff : 255
  if (group === '*') return [0, max]
  const digits = isIpv6 ? /^([\da-f]{1,4})(?:-([\da-f]{1,4}))?$/i : /^(\d{1,3})(?:-(\d{1,3}))?$/
  const found = digits.exec(group)
  const [from, to] = [found?.[1], found?.[2] ?? found?.[1]].map((one) => Number.parseInt(one ?? '', isIpv6 ? 16 : 10))
  if (found && from! <= to! && to! <= max) return [from!, to!]
  throw unusable(
    pattern,
    `'${group}' is no number from 0 to ${max.toString(isIpv6 ? 16 : 10)}, no range as 1-9, and not *`,
  )
}

const unusable = (pattern: string, problem: string): Error =>
  new Error(`'${pattern.slice(0, 80)}' is no pattern for addresses: ${problem}`)
