import { decodeRecord, type MessageRecord } from '@mq/protocol'
import { LogScan } from '../log-scan.js'
import { type ToolOptions, withToolStore } from './tool-store.js'

export interface DumpOptions extends ToolOptions {
  topic?: string
  queueId?: number
  /** First queue offset, with a topic; first commit log offset without one. */
  from?: number
  /** Most records. Default: all. */
  count?: number
}

/** Goes along the records of a store's commit log, oldest first; what cannot be read is passed over. Throws `StoreError`. */
export function dumpStore(options: DumpOptions, visit: (record: MessageRecord) => void): void {
  const { topic, queueId, from = 0, count = Infinity } = options
  if (count <= 0) return
  withToolStore(options, ({ log }) => {
    const scan = new LogScan(log, false)
    let left = count
    const isWanted = (record: MessageRecord): boolean =>
      (topic === undefined || record.topic === topic) &&
      (queueId === undefined || record.queueId === queueId) &&
      (topic === undefined ? record.commitLogOffset : record.queueOffset) >= from
    scan.run(
      log.min,
      ({ bytes, at }) => {
        const record = decodeRecord(bytes, at)
        if (!isWanted(record)) return true
        visit(record)
        return --left > 0
      },
      (position) => (left > 0 ? scan.findRecord(position) : undefined),
    )
  })
}
