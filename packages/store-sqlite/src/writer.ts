import { StoreError } from '@mq/store'
import {
  type ArrivalListeners,
  type EngineSettings,
  GroupWriter,
  type StoredRecord,
  type WriteFailure,
} from '@mq/store/engine'
import type { Connection } from './connection.js'
import { keysOf } from './message-keys.js'
import type { Messages } from './messages.js'
import type { Queue, Queues } from './queues.js'

const retryMs = 1000

export interface WriterOptions {
  settings: EngineSettings
  connection: Connection
  queues: Queues
  messages: Messages
  arrivals: ArrivalListeners
}

/** The way of messages into the database: each group is one transaction, and what is committed can be read. */
export function createWriter({ settings, connection, queues, messages, arrivals }: WriterOptions): GroupWriter<Queue> {
  const keys = settings.config.messageIndexEnable ? keysOf : () => []
  const insert = (group: readonly StoredRecord<Queue>[]): void => {
    const touched = new Set<Queue>()
    for (const stored of group) {
      messages.insert(stored, keys(stored.record))
      if (stored.queue) touched.add(stored.queue)
    }
    for (const queue of touched) queues.save(queue)
    messages.saveEnd(group.at(-1)!)
  }
  const writer = new GroupWriter<Queue>({
    ...settings,
    queues,
    arrivals,
    write: (group) => connection.transaction(() => insert(group)),
    show: ({ queue, queueOffset }) => {
      if (queue) queue.maxOffset = queueOffset + 1
    },
    onFailed,
  })
  const { nextPosition, lastStoredAt } = messages.end()
  writer.open({ end: nextPosition, storeTimestamp: lastStoredAt })
  return writer
}

/** Nothing of a transaction that failed is in the database. Without space it is tried again; what else failed may fail on. */
function onFailed(error: unknown): WriteFailure {
  const reason = error instanceof Error ? error.message : String(error)
  return error instanceof StoreError && error.code === 'NO_SPACE'
    ? { refusal: `${reason}; messages are taken again by themselves`, retryAfterMs: retryMs }
    : { refusal: `${reason}; then restart` }
}
