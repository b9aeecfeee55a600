import { decodeProperties, decodeRecord, javaHash, type MessageRecord } from '@mq/protocol'
import type { ScannedRecord } from './log-scan.js'

const SPACE = 0x20
const HASH = 0x23
const VALUE = 1
const END = 2
const uniqueKey = Buffer.from('UNIQ_KEY\u0001')
const keys = Buffer.from('KEYS\u0001')

/** The hash the index goes by: never negative, also for the one that has no positive counterpart. */
const indexHash = (hash: number): number => (hash === -0x8000_0000 ? 0 : Math.abs(hash))

export const keyHash = (topic: string, key: string): number => indexHash(javaHash(`${topic}#${key}`))

/**
 * Hashes of a message's keys, in the order of the index: the unique key, then each of KEYS. Works on the stored bytes: the
 * text is made only where it is not ASCII.
 */
export function keyHashes({ bytes, layout }: Pick<ScannedRecord, 'bytes' | 'layout'>, found: number[]): void {
  found.length = 0
  const { propertiesAt } = layout
  const propertiesEnd = propertiesAt + layout.propertiesSize
  const unique = valueAt(bytes, propertiesAt, propertiesEnd, uniqueKey)
  const all = valueAt(bytes, propertiesAt, propertiesEnd, keys)
  if (unique < 0 && all < 0) return
  // Java hashes `topic#key`; topics are ASCII.
  const topicHash = (Math.imul(31, hashOn(0, bytes, layout.topicAt, layout.topicAt + layout.topicSize)) + HASH) | 0
  if (unique >= 0) addHash(topicHash, bytes, unique, endOf(bytes, unique, propertiesEnd), found)
  if (all < 0) return
  const end = endOf(bytes, all, propertiesEnd)
  for (let from = all, at = all; at <= end; at++) {
    if (at < end && bytes[at] !== SPACE) continue
    addHash(topicHash, bytes, from, at, found)
    from = at + 1
  }
}

/** Where the value of a property begins, that of the last when there are several, as in Java; -1 when there is none. */
function valueAt(bytes: Buffer, from: number, to: number, name: Buffer): number {
  let found = -1
  for (let at = from; at + name.length < to; at++) {
    if (startsWith(bytes, at, name) && bytes[at + name.length] !== END) found = at + name.length
    while (at < to && bytes[at] !== END) at++
  }
  return found
}

function startsWith(bytes: Buffer, at: number, wanted: Buffer): boolean {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return false
  return true
}

function endOf(bytes: Buffer, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] !== END) at++
  return at
}

/** Continues a hash over ASCII. */
function hashOn(hash: number, bytes: Buffer, from: number, to: number): number {
  for (let at = from; at < to; at++) hash = (Math.imul(31, hash) + bytes[at]!) | 0
  return hash
}

function addHash(topicHash: number, bytes: Buffer, from: number, to: number, found: number[]): void {
  if (from === to) return
  for (let at = from; at < to; at++) {
    // A value with a separator in it is no property, as in Java.
    if (bytes[at] === VALUE) return
    if (bytes[at]! >= 0x80) {
      found.push(indexHash(hashOfText(topicHash, bytes.toString('utf8', from, to))))
      return
    }
  }
  found.push(indexHash(hashOn(topicHash, bytes, from, to)))
}

/** The same over UTF-16 units. */
function hashOfText(hash: number, text: string): number {
  for (let i = 0; i < text.length; i++) hash = (Math.imul(31, hash) + text.charCodeAt(i)) | 0
  return hash
}

/** Is it a message of that topic with this key, as unique key or among KEYS? A record that cannot be read is not. */
export function hasKey(bytes: Uint8Array, topic: string, key: string): boolean {
  let record: MessageRecord
  try {
    record = decodeRecord(bytes)
  } catch {
    return false
  }
  const { UNIQ_KEY, KEYS } = decodeProperties(record.properties)
  return record.topic === topic && (UNIQ_KEY === key || (KEYS?.split(' ').includes(key) ?? false))
}
