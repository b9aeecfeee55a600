import type { MessageRecord } from '@mq/protocol'
import { Acknowledgements } from './acknowledgements.js'
import { ArrivalListeners } from './arrival-listeners.js'
import { spaceOf } from './disk-space.js'
import type { EngineSettings } from './engine-settings.js'
import type { AcknowledgedStatus, AppendResult, Arrival, MessageToStore, StoreStats } from './message-store.js'
import { type GrowingQueue, Placer, type QueueFinder } from './placer.js'
import { RecordEncoder, refused } from './record-encoder.js'
import type { StoredRecord } from './stored-record.js'

export interface GroupWriterOptions<Queue> extends EngineSettings {
  queues: QueueFinder<Queue>
  /**
   * Makes a group last as the acknowledgement level says, all of it or nothing; throws or rejects when it cannot. Without a
   * promise it is done when it returns. Never called before the last one is done.
   */
  write(group: readonly StoredRecord<Queue>[]): void | Promise<void>
  /** Makes a message readable that was written. Must not throw. */
  show(message: StoredRecord<Queue>): void
  /** What to do about a failed write. Default: refuse everything until a restart. */
  onFailed?(error: unknown): WriteFailure
  /** Who is told of messages that can be read. Default: who was given to `onArrival`. */
  arrivals?: ArrivalListeners
}

export interface WriteFailure {
  /** Why nothing is taken, and what to do: `MessageStore.refusal`. */
  refusal: string
  /** Ms until the same group is written again, where nothing of it can have been kept. Default: never. */
  retryAfterMs?: number
}

/**
 * The way of a message from the append to the acknowledgement, for an engine that keeps record by record. What is appended in a
 * turn of the event loop is one group, and what is appended while a group is being written makes up the next one. A group that
 * is written is shown, then told to who listens, then to who waits.
 */
export class GroupWriter<Queue extends GrowingQueue> {
  readonly #options: GroupWriterOptions<Queue>
  readonly #placer: Placer<Queue>
  readonly #acknowledgements: Acknowledgements
  readonly #arrivals: ArrivalListeners
  readonly #counts = { putMessages: 0, putBytes: 0, appendMsMax: 0 }
  #state: 'new' | 'open' | 'closing' | 'closed' = 'new'
  #failure: string | undefined
  #pending: StoredRecord<Queue>[] = []
  #turnIsOpen = false
  #writing: Promise<void> | undefined
  #closing: Promise<void> | undefined
  /** Everything before can be read. */
  #shownTo = 0

  constructor(options: GroupWriterOptions<Queue>) {
    this.#options = options
    const { io, logger, config, delaysMs, queues, storeHost } = options
    const encoder = new RecordEncoder({ storeHost, recordBytesMax: config.maxMessageSize, delaysMs })
    this.#placer = new Placer({ clock: io.clock, encoder, queues, storeHost })
    this.#acknowledgements = new Acknowledgements((error) =>
      logger.error({ error }, 'an acknowledgement callback failed'),
    )
    this.#arrivals =
      options.arrivals ?? new ArrivalListeners((error) => logger.error({ error }, 'an arrival listener failed'))
  }

  /** Where the next record goes. */
  get end(): number {
    return this.#placer.end
  }

  /** Why nothing is taken; undefined while messages are. */
  get refusal(): string | undefined {
    if (this.#state === 'new') return 'the store has not been started'
    return this.#state === 'open' ? this.#failure : 'the store is closed'
  }

  /** Takes back a message that is there from before, in the order of the log: `Placer.found`, then shown. Before `open`. */
  found(record: MessageRecord, bytes: Uint8Array, hasQueue: boolean): void {
    this.#options.show(this.#placer.found(record, bytes, hasQueue))
  }

  /** Messages are taken from now on. `goOn`: where the log ends, and the last store time, where `found` has not told. */
  open(goOn: { end: number; storeTimestamp: number } = this.#placer): void {
    this.#placer.end = this.#shownTo = goOn.end
    this.#placer.storeTimestamp = goOn.storeTimestamp
    this.#state = 'open'
  }

  append(message: MessageToStore): AppendResult {
    const { refusal } = this
    if (refusal !== undefined) return refused('SERVICE_NOT_AVAILABLE', refusal)
    const placed = this.#placer.place(message)
    if (!placed.ok) return placed
    this.#counts.putMessages++
    this.#counts.putBytes += placed.size
    this.#pending.push(placed)
    this.#flushAtEndOfTurn()
    return placed
  }

  #flushAtEndOfTurn(): void {
    if (this.#turnIsOpen) return
    this.#turnIsOpen = true
    this.#options.io.clock.endOfTurn(() => {
      this.#turnIsOpen = false
      this.flush()
    })
  }

  /** Writes what has been appended, as soon as the group before it is written. */
  flush(): void {
    if (this.#pending.length > 0 && !this.#writing && this.#failure === undefined) this.#write()
  }

  #write(): void {
    const { write, io } = this.#options
    const group = this.#pending
    this.#pending = []
    const since = io.clock.monotonic()
    let writing: void | Promise<void>
    try {
      writing = write(group)
    } catch (error) {
      return this.#failed(group, error)
    }
    if (!writing) return this.#written(group, since)
    this.#writing = writing
      .then(
        () => this.#written(group, since),
        (error: unknown) => this.#failed(group, error),
      )
      .finally(() => {
        this.#writing = undefined
        this.flush()
      })
  }

  #written(group: readonly StoredRecord<Queue>[], since: number): void {
    const { io, logger, show } = this.#options
    this.#counts.appendMsMax = Math.max(this.#counts.appendMsMax, Math.round(io.clock.monotonic() - since))
    if (this.#failure !== undefined) logger.info({}, 'messages are taken again')
    this.#failure = undefined
    for (const message of group) show(message)
    this.#shownTo = group.at(-1)!.endOffset
    if (!this.#arrivals.isEmpty) this.#arrivals.tell(group.filter(({ queue }) => queue !== undefined))
    this.#acknowledgements.reached(this.#shownTo)
  }

  #failed(group: StoredRecord<Queue>[], error: unknown): void {
    const { io, logger, onFailed = untilRestart } = this.#options
    const { refusal, retryAfterMs } = onFailed(error)
    this.#failure = refusal
    // Those behind it have their places: they are kept with it, or can never be written.
    this.#pending = retryAfterMs === undefined ? [] : group.concat(this.#pending)
    if (retryAfterMs !== undefined) io.clock.after(retryAfterMs, () => this.#state === 'open' && this.#write())
    logger.error({ error }, `messages are refused: ${refusal}`)
    this.#acknowledgements.failAll()
  }

  /** As `MessageStore.whenAcknowledged`. Written and acknowledged are one here: there is nothing between them to wait for. */
  whenAcknowledged(endOffset: number, _waitStoreOk: boolean, done: (status: AcknowledgedStatus) => void): void {
    this.#acknowledgements.wait(endOffset, 0, done)
    const isOver = endOffset <= this.#shownTo || this.refusal !== undefined
    if (isOver) this.#options.io.clock.endOfTurn(() => this.#answerLate())
  }

  /** Answers those who asked when it was over. */
  #answerLate(): void {
    this.#acknowledgements.reached(this.#shownTo)
    const takesPart = this.#state === 'open' || this.#state === 'closing'
    if (!takesPart || this.#failure !== undefined) this.#acknowledgements.failAll()
  }

  onArrival(listener: (arrivals: readonly Arrival[]) => void): () => void {
    return this.#arrivals.listen(listener)
  }

  /** Refuses messages from now on, writes what has been appended, answers who waits. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#state = 'closing'
    this.flush()
    while (this.#writing) await this.#writing
    this.#state = 'closed'
    this.#acknowledgements.failAll()
  }

  /** All figures but where the log begins. */
  stats(): Omit<StoreStats, 'commitLogMinOffset'> {
    const { io, directory } = this.#options
    return {
      ...this.#counts,
      commitLogMaxOffset: this.end,
      flushedOffset: this.#shownTo,
      dispatchBehindBytes: 0,
      diskUsedRatio: spaceOf(io.disk, directory).ratio,
      directory,
    }
  }
}

/** What the disk has of it only a restart can tell. */
function untilRestart(error: unknown): WriteFailure {
  const reason = error instanceof Error ? error.message : String(error)
  return { refusal: `messages could not be written (${reason}): see to the disk, then restart` }
}
