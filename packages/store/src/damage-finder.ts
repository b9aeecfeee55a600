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
    if (position >= this.#flushedTo) return undefined
    if (!files.has(files.startOf(position))) return void this.#tellMissing(position)
    return this.#setAside(position, broken ?? 'there are only zeros')
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
        `${log.files.pathOf(position)} is missing`,
    )
  }
}
