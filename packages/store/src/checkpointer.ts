import type { Logger } from '@mq/io'
import type { PartialSum } from './block-sums.js'
import type { Checkpoint, StoreNote } from './checkpoint.js'
import type { ChecksumWriter } from './checksum-writer.js'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueues } from './consume-queues.js'
import type { Dispatcher } from './dispatcher.js'
import type { Indexer } from './indexer.js'
import type { KeyIndex } from './key-index.js'
import { queueNoteOf } from './queue-doubts.js'
import type { WritePath } from './write-path.js'

export interface CheckpointerOptions {
  checkpoint: Checkpoint
  log: CommitLog
  queues: ConsumeQueues
  dispatcher: Dispatcher
  writePath: WritePath
  index: KeyIndex | undefined
  indexer: Indexer | undefined
  checksums: ChecksumWriter | undefined
  logger: Logger
}

/** How many. */
interface Removed {
  queues: number
  indexFiles: number
}

/** Makes everything derived from the log last, and notes up to when that is done: where the next recovery may begin. */
export class Checkpointer {
  #running: Promise<void> | undefined
  /**
   * Why no checkpoint is made any more, and the folder is not left in order: the system may have forgotten what it could not write,
   * and no later sync tells. Only the next start, which makes it anew from the log, mends that. Undefined while all is well.
   */
  failure: string | undefined
  /** Since the start, on purpose. */
  readonly #removed = { queues: 0, indexFiles: 0 }

  constructor(private readonly options: CheckpointerOptions) {}

  /** Makes a checkpoint, while messages go on coming. One at a time. */
  make(): Promise<void> {
    this.#running ??= this.#make()
      .catch((error: unknown) => this.options.logger.error({ error }, 'no checkpoint could be made'))
      .finally(() => (this.#running = undefined))
    return this.#running
  }

  async #make(): Promise<void> {
    const { checkpoint, queues, dispatcher, writePath, index, checksums } = this.options
    const { timestamp } = dispatcher
    const isRefused = () => (writePath.refusal ?? this.failure) !== undefined
    if (timestamp === checkpoint.times.physic || isRefused()) return
    await writePath.drain()
    queues.writeAll()
    index?.flush()
    const synced = this.#note(-1)
    const removedBefore = { ...this.#removed }
    await this.#syncDerived()
    await checksums?.sync()
    if (isRefused()) return
    const { queues: removedQueues, indexFiles } = this.#removed
    // What came meanwhile is not vouched for; what was removed is there no more.
    this.#save(
      timestamp,
      without(synced, {
        queues: removedQueues - removedBefore.queues,
        indexFiles: indexFiles - removedBefore.indexFiles,
      }),
    )
  }

  async #syncDerived(): Promise<void> {
    const { queues, index, logger } = this.options
    try {
      await queues.syncAll()
      await index?.sync()
    } catch (error) {
      this.failure = `the disk failed to keep what was written (${error instanceof Error ? error.message : String(error)})`
      logger.error(
        { error },
        `no checkpoint is made any more: ${this.failure}. Messages are safe in the commit log: look at the disk, then restart, ` +
          'and consume queues and index are made anew from it. What comes until then makes that start longer',
      )
    }
  }

  /** The one that is under way. */
  settled(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  /** At the start, with the queues as recovery left them on the disk. */
  noteRunning(): void {
    const { checkpoint } = this.options
    checkpoint.save(checkpoint.times, this.#note(-1))
  }

  /** At an orderly stop, after everything was written and synced. */
  finish(logEnd: number): void {
    const { dispatcher, checksums } = this.options
    this.#save(dispatcher.timestamp, { ...this.#note(logEnd), ...partialNote(checksums?.partialAtEnd()) })
  }

  /**
   * Queues or index files are about to be removed on purpose: the next start must not miss them, and bring them back. What came since the last
   * checkpoint may not be on the disk yet, and is not vouched for.
   */
  noteRemoval(removed: Partial<Removed>): void {
    const { checkpoint, log } = this.options
    const { queues = 0, indexFiles = 0 } = removed
    this.#removed.queues += queues
    this.#removed.indexFiles += indexFiles
    if (!checkpoint.note) return
    checkpoint.save(checkpoint.times, { ...without(checkpoint.note, { queues, indexFiles }), flushedTo: log.flushed })
  }

  #save(timestamp: number, note: StoreNote): void {
    const { checkpoint, index } = this.options
    checkpoint.save(
      { physic: timestamp, logics: timestamp, index: index?.safeTimestamp ?? checkpoint.times.index },
      note,
    )
  }

  #note(logEnd: number): StoreNote {
    const { log, queues, index, indexer, checksums } = this.options
    return {
      ...queueNoteOf(queues, logEnd),
      indexedTo: indexer?.position ?? -1,
      indexFiles: index?.fileCount ?? 0,
      flushedTo: log.flushed,
      ...partialNote(checksums?.partial),
    }
  }
}

const partialNote = (partial: PartialSum | undefined) => ({
  partialTo: partial?.to ?? 0,
  partialSum: partial?.sum ?? 0,
})

const without = (note: StoreNote, { queues, indexFiles }: Removed): StoreNote => ({
  ...note,
  queueCount: Math.max(0, note.queueCount - queues),
  indexFiles: Math.max(0, note.indexFiles - indexFiles),
})
