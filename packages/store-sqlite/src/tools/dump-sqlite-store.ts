import { decodeRecord, type MessageRecord } from '@mq/protocol'
import type { DumpOptions } from '@mq/store'
import { recordRows } from './record-rows.js'
import { type SqliteToolOptions, withDatabase } from './with-database.js'

export type SqliteDumpOptions = SqliteToolOptions & Pick<DumpOptions, 'topic' | 'queueId' | 'from' | 'count'>

/** Goes along the records of a store, oldest first; what cannot be read is passed over. Throws `StoreError`. */
export function dumpSqliteStore(options: SqliteDumpOptions, visit: (record: MessageRecord) => void): void {
  const { topic, queueId, from = 0, count = Infinity } = options
  const isWanted = (record: MessageRecord): boolean =>
    (topic === undefined || record.topic === topic) &&
    (queueId === undefined || record.queueId === queueId) &&
    (topic === undefined || record.queueOffset >= from)
  if (count <= 0) return
  withDatabase(options, (connection) => {
    let left = count
    for (const { bytes } of recordRows(connection, topic === undefined ? from : 0)) {
      const record = readable(bytes)
      if (!record || !isWanted(record)) continue
      visit(record)
      if (--left <= 0) return
    }
  })
}

function readable(bytes: Uint8Array): MessageRecord | undefined {
  try {
    return decodeRecord(bytes)
  } catch {
    return undefined
  }
}
