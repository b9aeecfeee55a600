import { ProtocolError } from '../errors.js'

/** An IPv4 or IPv6 address as text, and a port: how born host and store host of a message are given. */
export interface HostAddress {
  host: string
  port: number
}

/** 4 or 16 bytes of an address given as text. Throws `ProtocolError` `RECORD` when it is neither. */
export function addressBytes(host: string): Uint8Array {
  const known = cache.get(host)
  if (known) return known
  const bytes = host.includes(':') ? ipv6Bytes(host) : ipv4Bytes(host)
  if (cache.size >= 4096) cache.clear()
  cache.set(host, bytes)
  return bytes
}

/** Few addresses, many messages. */
const cache = new Map<string, Uint8Array>()

/** The text form of 4 or 16 bytes. */
export function addressText(bytes: Uint8Array, at: number, length: 4 | 16): string {
  if (length === 4) return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[at + 2 * i]! << 8) | bytes[at + 2 * i + 1]!)
  return compress(groups.map((group) => group.toString(16)))
}

function ipv4Bytes(host: string): Uint8Array {
  const parts = host.split('.')
  const bytes = Uint8Array.from(parts, Number)
  if (parts.length !== 4 || parts.some((part, i) => !/^\d{1,3}$/.test(part) || bytes[i] !== Number(part)))
    throw notAnAddress(host)
  return bytes
}

function ipv6Bytes(host: string): Uint8Array {
  const plain = host.replace(/%.*$/, '')
  const [head = '', tail, ...more] = plain.split('::')
  if (more.length > 0) throw notAnAddress(host)
  const before = groupsOf(head, host)
  const after = tail === undefined ? [] : groupsOf(tail, host)
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 0) throw notAnAddress(host)
  const groups = [...before, ...new Array<number>(missing).fill(0), ...after]
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

function groupsOf(text: string, host: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((part) => {
    if (part.includes('.')) {
      const [a, b, c, d] = ipv4Bytes(part)
      return [(a! << 8) | b!, (c! << 8) | d!]
    }
    if (!/^[0-9a-fA-F]{1,4}$/.test(part)) throw notAnAddress(host)
    return [Number.parseInt(part, 16)]
  })
}

/** Puts `::` in place of the longest run of zero groups. */
function compress(groups: string[]): string {
  const text = groups.join(':')
  const runs = [...text.matchAll(/(?:^|:)(0(?::0)+)(?=:|$)/g)].map((match) => match[1]!)
  const longest = runs.sort((a, b) => b.length - a.length)[0]
  if (longest === undefined) return text
  return text.replace(new RegExp(`(^|:)${longest}(:|$)`), '::')
}

const notAnAddress = (host: string) => new ProtocolError('RECORD', `'${host}' is neither an IPv4 nor an IPv6 address`)
