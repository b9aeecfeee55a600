import type { Timer } from '@mq/io'
import { TopicName } from '@mq/protocol'
import type { BrokerState } from '../broker-state.js'
import { CheckRound } from './check-round.js'
import { transactionGroup, transactionQueueId } from './half-message.js'
import { HalfStates } from './half-states.js'
import { OpQueue } from './op-queue.js'

/**
 * Transactional messages (`TransactionalMessageCheckService`, 4.7.1): knows which half messages have ended, and has the
 * producers of the others asked at intervals. How far it is with half and op messages is kept among the consumer offsets.
 */
export class Transactions {
  readonly states = new HalfStates()
  readonly #ops: OpQueue
  #timer: Timer | undefined
  #closed = false
  /** All half messages before it are done with for good. */
  #settled = 0

  constructor(private readonly broker: BrokerState) {
    const { store, logger } = broker
    const pause = () => new Promise<void>((resolve) => broker.io.clock.after(0, resolve))
    this.#ops = new OpQueue({ store, logger, pause, closed: () => this.#closed }, this.states)
  }

  /** Takes up where the last run stopped. */
  start(): void {
    this.states.start((this.#settled = this.#startOf(TopicName.TRANSACTION_HALF)))
    this.#ops.start(this.#startOf(TopicName.TRANSACTION_OP_HALF))
    void this.#attempt(() => this.#ops.catchUp())
  }

  /** Stops asking; what is open is asked about after the next start. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#noteProgress()
  }

  /** Offsets beyond the end are of a log that lost its end. */
  #startOf(topic: string): number {
    const { store, offsets } = this.broker
    const noted = offsets.get(topic, transactionGroup, transactionQueueId) ?? 0
    const first = Math.max(noted, store.minOffset(topic, transactionQueueId))
    return Math.min(first, store.maxOffset(topic, transactionQueueId))
  }

  #plan(): void {
    if (this.#closed) return
    this.#timer = this.broker.io.clock.after(this.broker.config.transactionCheckInterval, () => {
      void this.#attempt(() => this.#check())
    })
  }

  /** A failure ends the round, not the service. */
  async #attempt(task: () => Promise<void>): Promise<void> {
    try {
      await task()
    } catch (error) {
      if (this.#closed) return
      this.broker.logger.error(
        { error },
        `the check of half messages stopped at offset ${this.states.position}: ${String(error)}; the next one is in ${this.broker.config.transactionCheckInterval} ms`,
      )
    } finally {
      this.#plan()
    }
  }

  #check(): Promise<void> {
    return new CheckRound(this.broker, this.states, {
      closed: () => this.#closed,
      catchUp: () => this.#ops.catchUp(),
      settled: () => {
        this.#settled = this.states.position
        this.#noteProgress()
      },
    }).run()
  }

  #noteProgress(): void {
    const { offsets } = this.broker
    const opOffset = this.#ops.doneBefore(this.#settled)
    const noted: [string, number][] = [
      [TopicName.TRANSACTION_HALF, this.#settled],
      [TopicName.TRANSACTION_OP_HALF, opOffset],
    ]
    for (const [topic, offset] of noted) {
      // A broker without transactions has no offsets of them.
      if (offset > 0) offsets.commit(topic, transactionGroup, transactionQueueId, offset)
    }
  }
}
