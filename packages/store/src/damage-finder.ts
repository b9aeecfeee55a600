import type { Logger } from '@mq/io'
import type { BlockSums } from './block-sums.js'
import type { Checkpoint } from './checkpoint.js'
import type { CommitLog } from './commit-log.js'
import type { DamageList } from './damage-list.js'
import type { LogScan } from './log-scan.js'
import type { QueueDoubts } from './queue-doubts.js'

export interface DamageFinderOptions {
  log: CommitLog
  doubts: QueueDoubts
  checkpoint: Checkpoint
  /** The last process stopped in order. */
  clean: boolean
  sums: BlockSums | undefined
  damages: DamageList
  nowMs: number
  logger: Logger
}

/** A record that is a whole one, but for what only its neighbours tell. */
export interface DamagedRecord {
  position: number
  size: number
  reason: string
}

/** More records than that are not noted one by one. */
const notedMax = 1000

/** Tells damage, which is set aside, from a torn tail, which is cut off. */
export class DamageFinder {
  #flushed: number | undefined

  /** To be made before the consume queues are changed. */
  constructor(
    private readonly options: DamageFinderOptions,
    private readonly scan: LogScan,
  ) {
    const { doubts, checkpoint, clean } = options
    if (!checkpoint.note) this.#flushed = clean ? doubts.atStart.logEnd : 0
  }

  /**
   * The log is known to have been flushed up to here: by the checkpoint, or because blocks have checksums, which they get later. Of a log that
   * Apache's broker wrote to last and left in order the consume queues tell it. 0 when nothing is known.
   */
  get #flushedTo(): number {
    const { checkpoint, sums } = this.options
    return (this.#flushed ??= Math.max(checkpoint.note?.flushedTo ?? 0, sums?.end ?? 0))
  }

  /**
   * Where no position is known, Apache's checkpoint tells up to which store time the log was flushed, when a record of that time lies behind. It leaves
   * records of earlier logs behind the end; their store times are before those of what was written over the ones in front of them.
   */
  #wasFlushed(position: number, lastStoreTimestamp: number): boolean {
    if (this.#flushedTo > 0) return position < this.#flushedTo
    const next = this.scan.findRecord(position)
    const stored = next === undefined ? undefined : this.scan.storeTimestampAt(next)
    return stored !== undefined && stored >= lastStoreTimestamp && stored <= this.options.checkpoint.times.physic
  }

  /**
   * Where to go on behind what cannot be read, when that is damage; undefined when it is a torn tail, and the end of the log.
   *
   * @param lastStoreTimestamp of the records in front of it, ms
   */
  behind(position: number, broken: string | undefined, lastStoreTimestamp: number): number | undefined {
    const { files } = this.options.log
    const known = this.options.damages.endOfDamageAt(position)
    // A note that was spoilt itself must not lead out of the log.
    if (known !== undefined && known <= (files.last ?? 0) + files.fileBytes) return known
    if (!files.has(files.startOf(position))) return this.#behindMissing(position)
    if (!this.#wasFlushed(position, lastStoreTimestamp)) return undefined
    return this.#setAside(position, broken ?? 'there are only zeros')
  }

  /**
   * A file is made only when the one before it is there to last, and both are cut from the end: one that is missing between others was taken
   * away, whatever is known to have been flushed.
   */
  #behindMissing(position: number): number | undefined {
    const next = this.scan.behindMissing(position)
    const isInLog = position < this.#flushedTo || this.scan.findRecord(position) !== undefined
    if (isInLog && next !== undefined) return this.#setMissingAside(position, next)
    if (isInLog) this.#tellMissing(position)
    return undefined
  }

  /**
   * The end of the log is found, and nothing has been cut off yet. Sets records aside that can be read, and yet are not what was written, and makes
   * the list of all damage last. Throws `IoError`.
   */
  finish(records: readonly DamagedRecord[]): void {
    this.#addRecords(records)
    this.options.damages.save()
  }

  #addRecords(records: readonly DamagedRecord[]): void {
    const { log, damages, nowMs, logger } = this.options
    const isKnown = ({ position, size }: DamagedRecord) => damages.has(position, position + size)
    const found = records.filter((record) => !isKnown(record)).slice(0, notedMax)
    for (const { position, size, reason } of found) {
      damages.add({ from: position, to: position + size, reason, foundMs: nowMs })
      logger.error(
        { position, reason },
        `the record in ${log.files.pathOf(log.files.startOf(position))} at byte ${position % log.files.fileBytes} is damaged (${reason}): ` +
          `it is noted in ${damages.path}, and not served; the messages around it are`,
      )
    }
    if (records.length > notedMax)
      logger.error(
        { count: records.length },
        `${records.length} records are damaged like that: only ${notedMax} are noted`,
      )
  }

  #setMissingAside(from: number, to: number): number {
    const { log, damages, nowMs, logger } = this.options
    const reason = `${log.files.pathOf(log.files.startOf(from))} is missing`
    damages.add({ from, to, reason, foundMs: nowMs })
    logger.error(
      { from, to },
      `${reason}: ${to - from} bytes of the commit log cannot be read. It is noted in ${damages.path}; the messages around them are served`,
    )
    return to
  }

  #setAside(from: number, reason: string): number {
    const { log, damages, nowMs, logger } = this.options
    const { files } = log
    const to = this.#endOf(from)
    damages.add({ from, to, reason, foundMs: nowMs })
    const place = `${files.pathOf(files.startOf(from))} at byte ${from % files.fileBytes}`
    logger.error(
      { from, to, reason },
      `${place} is damaged (${reason}): ${to - from} bytes that had been flushed cannot be read. ` +
        `They are left as they are and noted in ${damages.path}; the messages around them are served`,
    )
    return to
  }

  /** Where what is damaged ends. Behind the end of a log that Apache's broker left, records of an earlier one may lie. */
  #endOf(from: number): number {
    const { log, checkpoint } = this.options
    const next = this.scan.findRecord(from)
    const flushedTo = Math.min(this.#flushedTo, log.nextFileStart(from))
    if (next === undefined) return flushedTo
    return checkpoint.note || this.#flushedTo === 0 ? next : Math.min(next, this.#flushedTo)
  }

  #tellMissing(position: number): void {
    const { log, logger } = this.options
    logger.error(
      { from: position, to: this.#flushedTo },
      `the commit log ends at ${position}, although it had been flushed up to ${this.#flushedTo}: ` +
        `${log.files.pathOf(log.files.startOf(position))} is missing`,
    )
  }
}
