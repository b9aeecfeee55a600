import type { Clock, Logger, Timer } from '@mq/io'
import type { Connection, Statement } from './connection.js'
import type { Messages } from './messages.js'
import type { Queues } from './queues.js'

const hourMs = 3_600_000
/** Messages deleted in one transaction: nobody else is served meanwhile. */
const deletedTogether = 1000

export interface RetentionOptions {
  clock: Clock
  logger: Logger
  connection: Connection
  messages: Messages
  queues: Queues
  /** Hours a message is kept, read at each look. */
  reservedHours: () => number
  /** Ms between looks. */
  intervalMs: number
}

/** Deletes messages that are older than they have to be kept. */
export class Retention {
  readonly #deleteKeys: Statement
  readonly #deleteRecords: Statement
  readonly #sliceEnd: Statement<{ position: number }>
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #isStopped = false

  constructor(private readonly options: RetentionOptions) {
    const { connection } = options
    this.#deleteKeys = connection.prepare('DELETE FROM keys WHERE position < ?')
    this.#deleteRecords = connection.prepare('DELETE FROM records WHERE position < ?')
    this.#sliceEnd = connection.prepare(
      `SELECT position FROM records WHERE position < ? ORDER BY position LIMIT 1 OFFSET ${deletedTogether}`,
    )
  }

  start(): void {
    const { clock, logger, intervalMs } = this.options
    this.#timer = clock.every(intervalMs, () => {
      this.clean().catch((error: unknown) => logger.error({ error }, 'old messages could not be deleted'))
    })
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    await this.#running?.catch(() => {})
  }

  /** Looks once, deleting what is due. */
  async clean(): Promise<void> {
    this.#running ??= this.#clean().finally(() => (this.#running = undefined))
    return this.#running
  }

  async #clean(): Promise<void> {
    const { clock, reservedHours } = this.options
    const end = this.#firstStoredSince(clock.now() - reservedHours() * hourMs)
    while (!this.#isStopped && this.#deleteSlice(end))
      await new Promise<void>((resolve) => void clock.after(1, resolve))
  }

  /** True when there is more. */
  #deleteSlice(end: number): boolean {
    const { connection, queues, messages } = this.options
    if ((messages.firstFrom(0)?.position ?? end) >= end) return false
    const sliceEnd = this.#sliceEnd.all(end)[0]?.position ?? end
    connection.transaction(() => {
      this.#deleteKeys.run(sliceEnd)
      this.#deleteRecords.run(sliceEnd)
    })
    queues.forgetMinOffsets()
    return sliceEnd < end
  }

  /** Position of the first record stored at that time or later; the end when all are older. Store times never go back. */
  #firstStoredSince(timeMs: number): number {
    const { messages } = this.options
    let [low, high] = [messages.firstFrom(0)?.position ?? 0, messages.end().nextPosition]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const found = messages.firstFrom(middle)
      if (!found || found.storedAt >= timeMs) high = middle
      else low = found.position + 1
    }
    return low
  }
}
