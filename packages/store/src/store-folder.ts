import type { Disk } from '@mq/io'
import { asStoreErrors, lockFolder } from './folder-lock.js'

/** Paths of a store, and the two files that say who uses it and how it was left (`StorePathConfigHelper`). */
export class StoreFolder {
  #lock: { release(): void } | undefined
  readonly commitLog: string
  readonly consumeQueues: string
  /** Extension files of consume queues (`enableConsumeQueueExt`). */
  readonly consumeQueueExt: string
  readonly index: string
  readonly config: string
  readonly checkpoint: string
  /** Our own note of damage in the commit log. */
  readonly damages: string
  /** Our own checksums of the commit log. */
  readonly checksums: string
  /** And of the documents in `config`. */
  readonly configChecksums: string
  readonly #abort: string

  constructor(
    private readonly disk: Disk,
    readonly root: string,
    commitLog: string | undefined,
  ) {
    this.commitLog = commitLog ?? `${root}/commitlog`
    this.consumeQueues = `${root}/consumequeue`
    this.consumeQueueExt = `${root}/consumequeue_ext`
    this.index = `${root}/index`
    this.config = `${root}/config`
    this.checkpoint = `${root}/checkpoint`
    this.damages = `${root}/damaged.json`
    this.checksums = `${root}/checksums`
    this.configChecksums = `${root}/checksums/config`
    this.#abort = `${root}/abort`
  }

  /** Makes sure that no other process uses the folder. Throws `StoreError`. */
  take(): void {
    this.#lock = lockFolder(this.disk, this.root)
    try {
      asStoreErrors(this.root, () => this.#makeFolders())
    } catch (error) {
      this.release()
      throw error
    }
  }

  #makeFolders(): void {
    this.disk.makeDirectory(this.commitLog)
    this.disk.makeDirectory(this.consumeQueues)
    // Apache's broker locks this very file.
    const path = `${this.root}/lock`
    if (!this.disk.exists(path)) this.disk.replaceWhole(path, Buffer.from('lock'))
  }

  release(): void {
    this.#lock?.release()
    this.#lock = undefined
  }

  /** Did the last process stop in order? */
  get wasLeftInOrder(): boolean {
    return !this.disk.exists(this.#abort)
  }

  /** From now on, a stop counts as one without notice. */
  markRunning(): void {
    if (!this.disk.exists(this.#abort)) this.disk.replaceWhole(this.#abort, new Uint8Array(0))
  }

  markLeftInOrder(): void {
    this.disk.remove(this.#abort)
    this.disk.syncDirectory(this.root)
  }
}
