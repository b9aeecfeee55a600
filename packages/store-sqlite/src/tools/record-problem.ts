import {
  decodeRecord,
  MessageProperty,
  type MessageRecord,
  propertyOf,
  recordBodyIntact,
  tagsCodeOf,
  TopicName,
} from '@mq/protocol'
import { hasEntry, hasKey } from '@mq/store/engine'
import type { RecordRow } from './record-rows.js'

/** What is wrong with a row of records and the keys that lead to it; undefined when nothing is. `end`: of the record before. */
export function recordProblem(
  row: RecordRow,
  keys: readonly { topic: string; key: string }[],
  end: number,
): string | undefined {
  let record: MessageRecord
  try {
    record = decodeRecord(row.bytes)
  } catch (error) {
    return `it cannot be read: ${(error as Error).message}`
  }
  if (!recordBodyIntact(row.bytes)) return 'its body does not fit its checksum'
  if (row.position < end) return `it begins before the record in front of it ends, which is at ${end}`
  const wrong = columnsOf(row, record).find(([, is, should]) => is !== should)
  if (wrong) return `its ${wrong[0]} is ${wrong[1]} in the table and ${wrong[2]} in the record`
  const strange = keys.find(({ topic, key }) => !hasKey(row.bytes, topic, key))
  return strange && `the key ${strange.key} of ${strange.topic} leads to it, and it has no such key`
}

type Value = number | string | null

function columnsOf(row: RecordRow, record: MessageRecord): [name: string, inTable: Value, inRecord: Value][] {
  const { topic, queueId, properties, storeTimestamp } = record
  const columns: [string, Value, Value][] = [
    ['position', row.position, record.commitLogOffset],
    ['size', row.size, record.size],
    ['length', row.bytes.length, record.size],
    ['store time', row.storedAt, storeTimestamp],
    ['queue offset', row.queueOffset, record.queueOffset],
  ]
  if (!hasEntry(record.sysFlag)) return [...columns, ['queue', row.queue, null]]
  columns.push(['topic', row.topic, topic], ['queue', row.queueId, queueId])
  // Delayed messages are due by the levels and the clock of their time.
  if (topic !== TopicName.SCHEDULE)
    columns.push(['tags code', row.tagsCode, tagsCodeOf(propertyOf(properties, MessageProperty.TAGS))])
  return columns
}
