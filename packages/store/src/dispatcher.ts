import type { Logger } from '@mq/io'
import { ArrivalListeners } from './arrival-listeners.js'
import type { ConsumeQueue } from './consume-queue.js'
import type { ConsumeQueues } from './consume-queues.js'
import type { Arrival } from './message-store.js'
import type { StoredMessage } from './stored-message.js'

/** Messages that were appended and are not visible yet, in order; and who wants to know of those that have become so. */
export class Dispatcher {
  #pending: StoredMessage<ConsumeQueue>[] = []
  /** Those before are visible. */
  #next = 0
  readonly #listeners: ArrivalListeners
  /** Store time of the last message that became visible. */
  timestamp = 0

  constructor(
    private readonly queues: ConsumeQueues,
    logger: Logger,
  ) {
    this.#listeners = new ArrivalListeners((error) => logger.error({ error }, 'a listener for arrivals failed'))
  }

  add(message: StoredMessage<ConsumeQueue>): void {
    this.#pending.push(message)
  }

  /** Commit log offset of the first message that is not visible. */
  get firstPending(): number | undefined {
    return this.#pending[this.#next]?.commitLogOffset
  }

  /** Messages up to a position have reached the acknowledgement level: readers may have them. */
  reached(position: number): void {
    const from = this.#next
    let next = from
    while (next < this.#pending.length && this.#pending[next]!.endOffset <= position)
      this.#publish(this.#pending[next++]!)
    if (next === from) return
    this.#next = next
    if (!this.#listeners.isEmpty) this.#listeners.tell(this.#pending.slice(from, next).filter(hasQueue))
    this.#forgetVisible()
  }

  #publish(message: StoredMessage<ConsumeQueue>): void {
    this.timestamp = message.storeTimestamp
    const { queue } = message
    if (!queue || queue.isDropped) return
    queue.publish(message.commitLogOffset, message.size, message.tagsCode, message.storeTimestamp)
    this.queues.touched(queue)
  }

  listen(listener: (arrivals: readonly Arrival[]) => void): () => void {
    return this.#listeners.listen(listener)
  }

  #forgetVisible(): void {
    if (this.#next < this.#pending.length && this.#next < 65_536) return
    this.#pending = this.#pending.slice(this.#next)
    this.#next = 0
  }
}

const hasQueue = (message: StoredMessage<ConsumeQueue>): boolean => message.queue !== undefined
