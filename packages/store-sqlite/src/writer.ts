import type { Clock, Logger } from '@mq/io'
import type { HostAddress } from '@mq/protocol'
import { type AcknowledgedStatus, type AppendResult, type Arrival, type MessageToStore, StoreError } from '@mq/store'
import { Acknowledgements, type ArrivalListeners, hasEntry, type RecordEncoder } from '@mq/store/engine'
import type { Connection } from './connection.js'
import { keysOf } from './message-keys.js'
import type { Messages } from './messages.js'
import type { Queue, Queues } from './queues.js'
import { StoredMessage } from './stored-message.js'

const retryMs = 1000

export interface WriterOptions {
  clock: Clock
  logger: Logger
  connection: Connection
  queues: Queues
  messages: Messages
  encoder: RecordEncoder
  storeHost: HostAddress
  arrivals: ArrivalListeners
  /** Are messages to be found by key? */
  keepsKeys: boolean
}

/**
 * The way of a message from the append to the acknowledgement: all appends of a turn are one transaction at its end; when it is
 * committed they become visible, then who waits is called.
 */
export class Writer {
  readonly #acknowledgements: Acknowledgements
  #pending: StoredMessage[] = []
  #turnIsOpen = false
  #isOpen = true
  /** The database takes nothing until a restart. */
  #failure: string | undefined
  /** Set while there is no space to write. */
  #noSpace: string | undefined
  #storeTimestamp: number
  /** Where the next record goes. */
  end: number
  /** Everything before is visible. */
  committedTo: number
  putMessages = 0
  putBytes = 0
  /** Longest transaction, ms. */
  commitMsMax = 0

  constructor(private readonly options: WriterOptions) {
    const { messages, logger } = options
    const { nextPosition, lastStoredAt } = messages.end()
    this.end = this.committedTo = nextPosition
    this.#storeTimestamp = lastStoredAt
    this.#acknowledgements = new Acknowledgements((error) =>
      logger.error({ error }, 'an acknowledgement callback failed'),
    )
  }

  /** Why the database does not take what it is given; undefined while it does. */
  get refusal(): string | undefined {
    return this.#failure ?? this.#noSpace
  }

  append(message: MessageToStore): AppendResult {
    const { clock, encoder, queues, storeHost, keepsKeys } = this.options
    const { topic, queueId } = message
    const isInQueue = hasEntry(message.sysFlag)
    const queueOffset = (isInQueue && queues.find(topic, queueId)?.nextOffset) || 0
    // Never goes back: searches by time rely on it.
    const storeTimestamp = Math.max(this.#storeTimestamp, clock.now())
    const record = encoder.encode(message, { queueOffset, commitLogOffset: this.end, storeTimestamp })
    if ('reason' in record) return record
    const stored = new StoredMessage(
      isInQueue ? queues.open(topic, queueId) : undefined,
      topic,
      queueId,
      queueOffset,
      this.end,
      encoder.tagsCode(message, storeTimestamp),
      storeTimestamp,
      message.storeHost ?? storeHost,
      record,
      keepsKeys ? keysOf(message) : [],
    )
    this.#take(stored)
    return stored
  }

  #take(stored: StoredMessage): void {
    if (stored.queue) stored.queue.nextOffset++
    this.#storeTimestamp = stored.storeTimestamp
    this.end = stored.endOffset
    this.putMessages++
    this.putBytes += stored.size
    this.#pending.push(stored)
    this.#endTurnLater()
  }

  #endTurnLater(): void {
    if (this.#turnIsOpen) return
    this.#turnIsOpen = true
    this.options.clock.endOfTurn(() => {
      this.#turnIsOpen = false
      this.commit()
    })
  }

  whenAcknowledged(endOffset: number, done: (status: AcknowledgedStatus) => void): void {
    this.#acknowledgements.wait(endOffset, 0, done)
    const isOver = endOffset <= this.committedTo || !this.#isOpen || this.refusal !== undefined
    if (isOver) this.options.clock.endOfTurn(() => this.#answerLate())
  }

  /** Answers those who asked when it was over. */
  #answerLate(): void {
    this.#acknowledgements.reached(this.committedTo)
    if (!this.#isOpen || this.refusal !== undefined) this.#acknowledgements.failAll()
  }

  /** Takes what was appended to the database and answers everybody. */
  commit(): void {
    const { clock, connection } = this.options
    const group = this.#pending
    if (group.length === 0 || this.refusal !== undefined) return
    const before = clock.monotonic()
    try {
      connection.transaction(() => this.#write(group))
    } catch (error) {
      return this.#failed(error)
    }
    this.commitMsMax = Math.max(this.commitMsMax, clock.monotonic() - before)
    this.#pending = []
    this.#committed(group)
  }

  #write(group: readonly StoredMessage[]): void {
    const { messages, queues } = this.options
    const touched = new Set<Queue>()
    for (const stored of group) {
      messages.insert(stored)
      if (stored.queue) touched.add(stored.queue)
    }
    for (const queue of touched) queues.save(queue)
    messages.saveEnd(group.at(-1)!)
  }

  #committed(group: readonly StoredMessage[]): void {
    const arrivals: Arrival[] = []
    for (const stored of group) {
      if (!stored.queue) continue
      stored.queue.maxOffset = stored.queueOffset + 1
      arrivals.push(stored)
    }
    this.committedTo = group.at(-1)!.endOffset
    this.options.arrivals.tell(arrivals)
    this.#acknowledgements.reached(this.committedTo)
  }

  /** Nothing of a transaction that failed is in the database. Without space it is tried again; what else failed may fail on. */
  #failed(error: unknown): void {
    const { clock, logger } = this.options
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof StoreError && error.code === 'NO_SPACE') {
      this.#noSpace = `${reason}; messages are taken again by themselves`
      clock.after(retryMs, () => this.#retry())
    } else {
      this.#failure = `${reason}; then restart`
    }
    logger.error({ error }, `messages are refused: ${this.refusal}`)
    this.#acknowledgements.failAll()
  }

  #retry(): void {
    if (!this.#isOpen || this.#failure !== undefined) return
    this.#noSpace = undefined
    this.commit()
    if (this.refusal === undefined) this.options.logger.info({}, 'messages are taken again: the disk has space')
  }

  close(): void {
    this.commit()
    this.#isOpen = false
    this.#acknowledgements.failAll()
  }
}
