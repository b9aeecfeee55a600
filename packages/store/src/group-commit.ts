import type { Clock, Timer } from '@mq/io'
import type { CommitLog } from './commit-log.js'
import type { AcknowledgementLevel } from './message-store.js'

export interface GroupCommitOptions {
  clock: Clock
  log: CommitLog
  level: AcknowledgementLevel
  /** How often an asynchronous flush looks, ms (`flushIntervalCommitLog`). */
  intervalMs: number
  /** The log is on the disk up to `log.flushed`. */
  onFlushed: () => void
  /** A sync failed: what was written since the last good one may be lost, whatever later syncs say. */
  onFailed: (error: unknown) => void
}

/**
 * Flushes the commit log, one sync at a time. Level `flushed`: as soon as something is written; what is written while a sync
 * is under way makes up the next group. Level `received`: in the background, at intervals.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #failed = false
  /** Syncs made, for tests and figures. */
  count = 0

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  start(): void {
    const { clock, level, intervalMs } = this.#options
    if (level === 'received') this.#timer = clock.every(intervalMs, () => this.#begin())
  }

  /** Something was written. */
  wrote(): void {
    if (this.#options.level === 'flushed') this.#begin()
  }

  /** Resolves when all that was written before the call is flushed, or the flush has failed. */
  async drain(): Promise<void> {
    const { log } = this.#options
    const target = log.written
    while (log.flushed < target && !this.#failed) {
      this.#begin()
      await this.#running
    }
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #begin(): void {
    const { log } = this.#options
    if (this.#running || this.#failed || log.flushed >= log.written) return
    this.#running = this.#syncOnce()
  }

  async #syncOnce(): Promise<void> {
    const { log, level, onFlushed, onFailed } = this.#options
    try {
      this.count++
      await log.sync()
    } catch (error) {
      this.#failed = true
      onFailed(error)
      return
    } finally {
      this.#running = undefined
    }
    onFlushed()
    if (level === 'flushed') this.#begin()
  }
}
