import type { Logger } from '@mq/io'
import type { MessageQueue } from '@mq/protocol'
import { queueKey } from '../client-instance/topic-route.js'
import type { OffsetCommits } from './offset-commits.js'
import type { QueueLocks } from './queue-locks.js'
import type { QueuePuller } from './queue-puller.js'

/**
 * How an ordered consumer gives up queues: a running handler ends first, then the offset is committed and the lock
 * released. Meanwhile the lock is renewed like any other, and the queue is nobody else's. Without the lock nothing is
 * committed: another member may be further.
 */
export class HandOver {
  readonly #leaving = new Map<string, Promise<void>>()

  constructor(
    private readonly locks: QueueLocks,
    private readonly offsets: OffsetCommits,
    private readonly logger: Logger,
    /** Resolves when no handler runs with a message of this queue. */
    private readonly idle: (puller: QueuePuller) => Promise<void>,
    /** A queue is given up. */
    private readonly onDone: () => void,
  ) {}

  /** Locks what this member may add. */
  acquire(queues: readonly MessageQueue[]): ReturnType<QueueLocks['acquire']> {
    return this.locks.acquire(queues)
  }

  isLeaving(queue: MessageQueue): boolean {
    return this.#leaving.has(queueKey(queue))
  }

  /** A queue that was locked and could not be added after all. */
  refuse(queue: MessageQueue): Promise<void> {
    return this.locks.release([queue])
  }

  /** `puller` is stopped. */
  leave(puller: QueuePuller): void {
    const key = queueKey(puller.queue)
    const left = this.#leave(puller).then(() => {
      this.#leaving.delete(key)
      this.onDone()
    })
    this.#leaving.set(key, left)
  }

  /** Resolves when all that is being given up is. */
  async settled(): Promise<void> {
    await Promise.all(this.#leaving.values())
  }

  async #leave(puller: QueuePuller): Promise<void> {
    await this.idle(puller)
    const { queue } = puller
    if (!this.locks.holds(queue)) return
    await this.offsets
      .commit([puller], true)
      .catch((error: Error) => this.logger.warn({ error: error.message }, 'the last commit of a queue failed'))
    await this.locks.release([queue])
  }
}
