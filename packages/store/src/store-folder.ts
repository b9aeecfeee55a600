import { type Disk, IoError } from '@mq/io'
import { StoreError } from './message-store.js'

/** Paths of a store, and the two files that say who uses it and how it was left (`StorePathConfigHelper`). */
export class StoreFolder {
  #lock: { release(): void } | undefined
  readonly commitLog: string
  readonly consumeQueues: string
  readonly index: string
  readonly config: string
  readonly checkpoint: string
  /** Our own note of damage in the commit log. */
  readonly damages: string
  readonly #abort: string

  constructor(
    private readonly disk: Disk,
    readonly root: string,
    commitLog: string | undefined,
  ) {
    this.commitLog = commitLog ?? `${root}/commitlog`
    this.consumeQueues = `${root}/consumequeue`
    this.index = `${root}/index`
    this.config = `${root}/config`
    this.checkpoint = `${root}/checkpoint`
    this.damages = `${root}/damaged.json`
    this.#abort = `${root}/abort`
  }

  /** Makes sure that no other process uses the folder. Throws `StoreError`. */
  take(): void {
    const path = `${this.root}/lock`
    try {
      this.disk.makeDirectory(this.root)
      this.disk.makeDirectory(this.commitLog)
      this.disk.makeDirectory(this.consumeQueues)
      this.#lock = this.disk.lock(path)
      if (!this.disk.exists(path)) this.disk.replaceWhole(path, Buffer.from('lock'))
    } catch (error) {
      this.release()
      throw asStoreError(error, this.root)
    }
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

  /** Throws `StoreError` `FORMAT` for what 5.x may have left and we cannot read. */
  checkFormat(): void {
    for (const [path, what] of [
      [`${this.root}/consumequeue/CURRENT`, 'consume queues in RocksDB (storeType=defaultRocksDB)'],
      [`${this.root}/epochFileCheckpoint`, 'a log in controller mode (enableControllerMode)'],
    ] as const) {
      if (this.disk.exists(path))
        throw new StoreError(
          'FORMAT',
          `${this.root} holds ${what}, found as ${path}, which cannot be opened. Use another folder`,
        )
    }
  }
}

function asStoreError(error: unknown, root: string): unknown {
  if (!(error instanceof IoError)) return error
  if (error.code === 'LOCKED') return new StoreError('IN_USE', error.message, { cause: error })
  if (error.code === 'NO_SPACE') return new StoreError('NO_SPACE', error.message, { cause: error })
  return new StoreError('NOT_WRITABLE', `cannot use the folder ${root}: ${error.message}. Check its rights`, {
    cause: error,
  })
}
