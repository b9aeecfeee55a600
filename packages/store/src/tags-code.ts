import { MessageProperty, propertyOf, propertyOfBytes, tagsCodeOf, TopicName } from '@mq/protocol'
import { asciiHash, endOfValue, propertyMark, ValueFinder } from './property-bytes.js'

/** A level that has no delay of its own: the configuration was changed since. */
const unknownLevelMs = 1000

/**
 * What the consume queue keeps of a message beside its place: the hash of its tags, or, in the topic of delayed messages, the
 * time it is due (`CommitLog.checkMessageAndReturnSize`, 4.7.1).
 */
export function tagsCodeOfMessage(
  topic: string,
  properties: string | Uint8Array,
  storeTimestamp: number,
  delaysMs: readonly number[],
): number {
  if (topic === TopicName.SCHEDULE) {
    const level = Math.min(Number(property(properties, MessageProperty.DELAY) ?? 0), delaysMs.length)
    if (level > 0) return storeTimestamp + (delaysMs[level - 1] ?? unknownLevelMs)
  }
  return typeof properties === 'string'
    ? tagsCodeOf(propertyOf(properties, MessageProperty.TAGS))
    : tagsCodeOfBytes(properties)
}

/** The same without a text, as long as the tags are ASCII. */
function tagsCodeOfBytes(properties: Uint8Array): number {
  tags.find(properties, 0, properties.length)
  const [start] = tags.starts as [number]
  if (start < 0) return 0
  const end = endOfValue(properties, start, properties.length)
  return asciiHash(0, properties, start, end) ?? tagsCodeOf(propertyOfBytes(properties, MessageProperty.TAGS))
}

const tags = new ValueFinder([propertyMark(MessageProperty.TAGS)])

const property = (properties: string | Uint8Array, name: string): string | undefined =>
  typeof properties === 'string' ? propertyOf(properties, name) : propertyOfBytes(properties, name)
