import type { Clock } from '@mq/io'
import type { MessageRecord } from '@mq/protocol'
import { hasEntry } from './has-entry.js'
import type { HostAddress, MessageToStore, Refused } from './message-store.js'
import type { RecordEncoder } from './record-encoder.js'
import { StoredRecord } from './stored-record.js'

/** What has to be known of a queue to put messages at its end. */
export interface GrowingQueue {
  /** The offset the next message that is appended gets. */
  nextOffset: number
}

/** Finds queues, as `QueueTable` does. */
export interface QueueFinder<Queue> {
  find(topic: string, queueId: number): Queue | undefined
  open(topic: string, queueId: number): Queue
}

export interface PlacerOptions<Queue> {
  clock: Clock
  encoder: RecordEncoder
  queues: QueueFinder<Queue>
  storeHost: HostAddress
}

/** Gives messages their places, one behind the other, and makes their records. */
export class Placer<Queue extends GrowingQueue> {
  /** Where the next record goes. */
  end = 0
  /** Of the last record, ms. Never goes back: searches by time rely on it. */
  storeTimestamp = 0

  constructor(private readonly options: PlacerOptions<Queue>) {}

  /** What is refused takes no place. */
  place(message: MessageToStore): StoredRecord<Queue> | Refused {
    const { clock, encoder, queues, storeHost } = this.options
    const { topic, queueId } = message
    const isInQueue = hasEntry(message.sysFlag)
    const queueOffset = (isInQueue && queues.find(topic, queueId)?.nextOffset) || 0
    const storeTimestamp = Math.max(this.storeTimestamp, clock.now())
    const record = encoder.encode(message, { queueOffset, commitLogOffset: this.end, storeTimestamp })
    if ('reason' in record) return record
    const placed = new StoredRecord(
      isInQueue ? queues.open(topic, queueId) : undefined,
      topic,
      queueId,
      queueOffset,
      this.end,
      encoder.tagsCode(message, storeTimestamp),
      storeTimestamp,
      message.storeHost ?? storeHost,
      record,
    )
    return this.#take(placed)
  }

  /** A message that was found at the start, with the place that its record says. `hasQueue` is false when its topic was dropped. */
  found(record: MessageRecord, bytes: Uint8Array, hasQueue: boolean): StoredRecord<Queue> {
    const { topic, queueId, queueOffset, commitLogOffset, storeTimestamp, storeHost, sysFlag } = record
    const queue = hasQueue && hasEntry(sysFlag) ? this.options.queues.open(topic, queueId) : undefined
    const tagsCode = this.options.encoder.tagsCode(record, storeTimestamp)
    return this.#take(
      new StoredRecord(queue, topic, queueId, queueOffset, commitLogOffset, tagsCode, storeTimestamp, storeHost, bytes),
    )
  }

  #take(placed: StoredRecord<Queue>): StoredRecord<Queue> {
    if (placed.queue) placed.queue.nextOffset = placed.queueOffset + 1
    this.end = placed.endOffset
    this.storeTimestamp = placed.storeTimestamp
    return placed
  }
}
