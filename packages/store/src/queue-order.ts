import { recordBytesMin } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'

/** A record on its way into its queue. */
export interface QueuedRecord {
  queueOffset: number
  position: number
  size: number
  tagsCode: number
  storeTimestamp: number
}

export interface QueueOrderOptions {
  /** Start of the log, when all of it is read: then queues have no entries but those given from here. Else undefined. */
  logMin: number | undefined
  /** No consume queue is missing: one that is not there may begin anywhere. */
  hasAllQueues: boolean
  /** Was this record set aside before? */
  isSetAside(record: QueuedRecord): boolean
  restore(queue: ConsumeQueue, record: QueuedRecord): void
  setAside(queue: ConsumeQueue, record: QueuedRecord): void
  /** Entries of a queue are missing, or wrong: only the whole log tells. */
  needsWholeLog(problem: string): void
}

/** Bytes of the log in which records may have been that cannot be had. */
interface Lost {
  position: number
  bytes: number
  /** Of this queue alone; undefined when nobody knows of which. */
  queue?: ConsumeQueue
}

type Verdict = 'fits' | 'doubtful' | 'wrong' | 'unknown'

/**
 * Gives records to their queues, as they come in the log, and finds those whose queue offset is not what was written: nothing but its
 * neighbours tells, where no checksum does. One that does not go on where its queue ends, and no loss explains it, is held until the next of
 * its queue comes. When that follows it, both are right, as in a topic that was deleted and made anew; else it is damaged, and the queue stays as it is.
 */
export class QueueOrder {
  readonly #held = new Map<ConsumeQueue, QueuedRecord>()
  readonly #lost: Lost[] = []

  constructor(private readonly options: QueueOrderOptions) {
    if (options.logMin !== undefined) this.lost(0, options.logMin)
  }

  /** A stretch of the log cannot be read. */
  lost(position: number, bytes: number): void {
    this.#lost.push({ position, bytes })
  }

  /**
   * A record in such a stretch says that it was of this queue. That may be what is damaged: where all of the log is read, the stretch counts for
   * every queue instead.
   */
  lostOf(queue: ConsumeQueue, { position, size }: QueuedRecord): void {
    if (this.options.logMin === undefined) this.#lost.push({ position, bytes: size, queue })
  }

  /** The next record of a queue. */
  take(queue: ConsumeQueue, record: QueuedRecord): void {
    const held = this.#held.get(queue)
    if (held) this.#settle(queue, held, follows(record, held))
    const verdict = this.#judge(queue, record)
    if (verdict === 'fits') this.options.restore(queue, record)
    else if (verdict === 'doubtful') this.#held.set(queue, record)
    else if (verdict === 'wrong') this.#setAside(queue, record)
    else this.options.needsWholeLog(`${queue.topic} queue ${queue.queueId} ${difference(queue, record)}`)
  }

  /** No more records come. */
  finish(): void {
    // The only message of a topic that was made anew, or the only one left, has no other to follow it.
    for (const [queue, record] of this.#held)
      this.#settle(queue, record, record.queueOffset * recordBytesMin <= this.#lostBefore(queue, Infinity))
  }

  /**
   * When no more records come: a damaged one behind the last of its queue gets the place it names, when as many may have been lost in front of it, else
   * the next one. It begins no queue at a place it cannot have had: its topic may be what is damaged.
   */
  keepPlace(queue: ConsumeQueue, record: QueuedRecord): void {
    const { nextOffset } = queue
    const { queueOffset, position } = record
    if (position <= lastPosition(queue)) return
    const gap = queueOffset - nextOffset
    if (gap >= 0 && gap * recordBytesMin <= this.#lostBefore(queue, position)) this.options.restore(queue, record)
    else if (!isNew(queue)) this.options.restore(queue, { ...record, queueOffset: nextOffset })
  }

  /** The same where the place is sure. */
  keepEntry(queue: ConsumeQueue, entry: QueuedRecord): void {
    if (entry.queueOffset >= queue.nextOffset && entry.position > lastPosition(queue))
      this.options.restore(queue, entry)
  }

  #settle(queue: ConsumeQueue, record: QueuedRecord, isRight: boolean): void {
    this.#held.delete(queue)
    if (isRight) this.options.restore(queue, record)
    else this.#setAside(queue, record)
  }

  #setAside(queue: ConsumeQueue, record: QueuedRecord): void {
    this.#lost.push({ position: record.position, bytes: record.size, queue })
    this.options.setAside(queue, record)
  }

  #judge(queue: ConsumeQueue, record: QueuedRecord): Verdict {
    const { logMin, hasAllQueues, isSetAside } = this.options
    const { queueOffset, position } = record
    const gap = queueOffset - queue.nextOffset
    if (gap === 0) return 'fits'
    if (queueOffset < 0 || queueOffset > position / recordBytesMin) return 'wrong'
    if (gap > 0 && gap * recordBytesMin <= this.#lostBefore(queue, position)) return 'fits'
    if (logMin !== undefined || queueOffset === 0) return 'doubtful'
    if (gap > 0 && hasAllQueues && isNew(queue)) return 'fits'
    return isSetAside(record) ? 'wrong' : 'unknown'
  }

  /** Bytes lost between the last record of a queue and a position. Where not all of the log is read, its files may lack entries for other reasons. */
  #lostBefore(queue: ConsumeQueue, position: number): number {
    const last = lastPosition(queue)
    const isWholeLog = this.options.logMin !== undefined
    const counts = (lost: Lost) =>
      lost.position > last && lost.position < position && (lost.queue ? lost.queue === queue : isWholeLog)
    return this.#lost.reduce((sum, lost) => sum + (counts(lost) ? lost.bytes : 0), 0)
  }
}

/** Does a record bear out one that was held? A topic can also be made anew twice. */
const follows = ({ queueOffset }: QueuedRecord, held: QueuedRecord): boolean =>
  queueOffset === held.queueOffset + 1 || (queueOffset === 0 && held.queueOffset === 0)

/** Where the last record of a queue lies in the log; -1 when there is none. */
const lastPosition = (queue: ConsumeQueue): number =>
  queue.maxOffset === 0 ? -1 : queue.entryNow(queue.maxOffset - 1).commitLogOffset

const isNew = (queue: ConsumeQueue): boolean => queue.maxOffset === 0 && queue.files.first === undefined

const difference = ({ nextOffset }: ConsumeQueue, { queueOffset }: QueuedRecord): string =>
  queueOffset > nextOffset
    ? `lacks entries ${nextOffset} to ${queueOffset - 1}`
    : `ends at ${nextOffset}, where the commit log has ${queueOffset}`
