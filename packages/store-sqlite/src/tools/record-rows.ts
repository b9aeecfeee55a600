import type { Connection } from '../connection.js'

/** A record as it lies in its table, with what the table of queues says of its queue. */
export interface RecordRow {
  position: number
  queue: number | null
  queueOffset: number
  tagsCode: number
  storedAt: number
  size: number
  bytes: Uint8Array
  topic: string | null
  queueId: number | null
}

/** Rows in memory at a time: each may hold a message of the greatest length. */
const rowsTogether = 32

/** All records from a position on, in the order of the log. */
export function* recordRows(connection: Connection, from = 0): Generator<RecordRow> {
  const next = connection.prepare<RecordRow>(
    'SELECT position, queue, queue_offset AS queueOffset, tags_code AS tagsCode, stored_at AS storedAt, size, bytes, ' +
      'topic, queue_id AS queueId FROM records LEFT JOIN queues ON queues.id = queue ' +
      `WHERE position >= ? ORDER BY position LIMIT ${rowsTogether}`,
  )
  for (let rows = next.all(from); rows.length > 0; rows = next.all(rows.at(-1)!.position + 1)) yield* rows
}
