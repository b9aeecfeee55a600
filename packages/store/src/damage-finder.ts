import type { Logger } from '@mq/io'
import type { BlockSums } from './block-sums.js'
import type { Checkpoint } from './checkpoint.js'
import type { CommitLog } from './commit-log.js'
import type { DamageList } from './damage-list.js'
import type { LogScan } from './log-scan.js'

export interface DamageFinderOptions {
  log: CommitLog
  checkpoint: Checkpoint
  sums: BlockSums | undefined
  damages: DamageList
  nowMs: number
  logger: Logger
}

/** Tells damage, which is set aside, from a torn tail, which is cut off. */
export class DamageFinder {
  #flushed: number | undefined

  constructor(
    private readonly options: DamageFinderOptions,
    private readonly scan: LogScan,
  ) {}

  /**
   * The log is known to have been flushed up to here: by the checkpoint, or because blocks have checksums, which they get later. Apache's broker leaves
   * old records behind the end, so that of a log it wrote to last nothing is known.
   */
  get #flushedTo(): number {
    const { checkpoint, sums } = this.options
    return (this.#flushed ??= checkpoint.note ? Math.max(checkpoint.note.flushedTo, sums?.end ?? 0) : 0)
  }

  /** Where to go on behind what cannot be read, when that is damage; undefined when it is a torn tail, and the end of the log. */
  behind(position: number, broken: string | undefined): number | undefined {
    const { files } = this.options.log
    const known = this.options.damages.endOfDamageAt(position)
    if (known !== undefined) return known
    if (!files.has(files.startOf(position))) return this.#behindMissing(position)
    if (position >= this.#flushedTo) return undefined
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
    const to = this.scan.findRecord(from) ?? Math.min(this.#flushedTo, log.nextFileStart(from))
    damages.add({ from, to, reason, foundMs: nowMs })
    const place = `${files.pathOf(files.startOf(from))} at byte ${from % files.fileBytes}`
    logger.error(
      { from, to, reason },
      `${place} is damaged (${reason}): ${to - from} bytes that had been flushed cannot be read. ` +
        `They are left as they are and noted in ${damages.path}; the messages around them are served`,
    )
    return to
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
