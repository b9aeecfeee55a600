import { decodeProperties, decodeRecord, javaHash, type MessageRecord } from '@mq/protocol'
import type { ScannedRecord } from './log-scan.js'
import { asciiHash, endOfValue, propertyMark, SOH, ValueFinder } from './property-bytes.js'

const SPACE = 0x20
const HASH = 0x23
const values = new ValueFinder([propertyMark('UNIQ_KEY'), propertyMark('KEYS')])

/** The hash the index goes by: never negative, also for the one that has no positive counterpart. */
const indexHash = (hash: number): number => (hash === -0x8000_0000 ? 0 : Math.abs(hash))

export const keyHash = (topic: string, key: string): number => indexHash(javaHash(`${topic}#${key}`))

/**
 * Hashes of a message's keys, in the order of the index: the unique key, then each of KEYS. Works on the stored bytes: the
 * text is made only where it is not ASCII.
 */
export function keyHashes({ bytes, layout }: Pick<ScannedRecord, 'bytes' | 'layout'>, found: number[]): void {
  found.length = 0
  const { propertiesAt, topicAt, topicSize } = layout
  const propertiesEnd = propertiesAt + layout.propertiesSize
  values.find(bytes, propertiesAt, propertiesEnd)
  const [unique, all] = values.starts as [number, number]
  if (unique < 0 && all < 0) return
  // Java hashes `topic#key`; topics are ASCII.
  const topicHash = asciiHash(0, bytes, topicAt, topicAt + topicSize) ?? 0
  const prefixHash = (Math.imul(31, topicHash) + HASH) | 0
  if (unique >= 0) addHash(prefixHash, bytes, unique, endOfValue(bytes, unique, propertiesEnd), found)
  if (all < 0) return
  const end = endOfValue(bytes, all, propertiesEnd)
  for (let from = all, at = all; at <= end; at++) {
    if (at < end && bytes[at] !== SPACE) continue
    addHash(prefixHash, bytes, from, at, found)
    from = at + 1
  }
}

function addHash(prefixHash: number, bytes: Buffer, from: number, to: number, found: number[]): void {
  if (from === to) return
  const hash = asciiHash(prefixHash, bytes, from, to)
  if (hash !== undefined) found.push(indexHash(hash))
  // A value with a separator in it is no property, as in Java.
  else if (!bytes.subarray(from, to).includes(SOH))
    found.push(indexHash(hashOfText(prefixHash, bytes.toString('utf8', from, to))))
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
