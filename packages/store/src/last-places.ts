import { type CommitLog, recordBytesMin } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'
import { isEntry } from './consume-queue-entry.js'
import type { ConsumeQueues } from './consume-queues.js'
import type { DamageList } from './damage-list.js'
import { lastEntry } from './entry-search.js'
import type { QueuedRecord, QueueOrder } from './queue-order.js'

/** What a damaged record says itself; any of it may be what is damaged. */
export interface DamagedMessage extends QueuedRecord {
  topic: string
  queueId: number
}

export interface LastPlacesOptions {
  log: CommitLog
  queues: ConsumeQueues
  damages: DamageList
}

/**
 * Damaged messages at the end of a queue keep their places: no other message must get a queue offset that consumers have read past. The queue's last
 * entry tells of them, whatever is left of the records. Where that is gone too, a record must be readable: it gets the place that its order in the
 * log gives it.
 */
export class LastPlaces {
  readonly #lastEntries: DamagedMessage[] = []

  /** To be made before the consume queues are changed. */
  constructor(private readonly options: LastPlacesOptions) {
    for (const queue of options.queues.all()) this.#lastEntries.push(...lastEntryOf(queue))
  }

  /**
   * When all records up to the end of the log are in their queues, and all damage is noted.
   *
   * @param damaged those that can be read
   */
  keep(order: QueueOrder, damaged: readonly DamagedMessage[], logEnd: number): void {
    if (this.options.damages.count === 0) return
    for (const entry of this.#lastEntries) {
      const queue = entry.position < logEnd && this.#isPossible(entry) ? this.#queueOf(entry) : undefined
      if (queue) order.keepEntry(queue, entry)
    }
    for (const message of [...damaged].sort((a, b) => a.position - b.position)) {
      const queue = this.#queueOf(message)
      if (queue) order.keepPlace(queue, message)
    }
  }

  /** Entries may be spoilt, and the names of their files. */
  #isPossible({ queueOffset, position, size }: DamagedMessage): boolean {
    const fits = size >= recordBytesMin && position + size <= this.options.log.nextFileStart(position)
    return fits && queueOffset <= position / recordBytesMin
  }

  /** The queue of a message that is damaged. */
  #queueOf({ topic, queueId, position }: DamagedMessage): ConsumeQueue | undefined {
    const { queues, damages } = this.options
    const queue = damages.endOfDamageAt(position) === undefined ? undefined : queues.open(topic, queueId)
    return typeof queue === 'object' ? queue : undefined
  }
}

/** None when nothing in the queue leads to a message. Nobody asks for the tags of one that cannot be read. */
function lastEntryOf(queue: ConsumeQueue): DamagedMessage[] {
  const queueOffset = lastEntry(queue, queue.maxOffset, isEntry)
  if (queueOffset === undefined) return []
  const { topic, queueId } = queue
  const { commitLogOffset, size } = queue.entryNow(queueOffset)
  return [{ topic, queueId, queueOffset, position: commitLogOffset, size, tagsCode: 0, storeTimestamp: 0 }]
}
