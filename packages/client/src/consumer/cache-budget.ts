import type { ConsumerSettings } from './consumer-options.js'
import type { ProcessQueue } from './process-queue.js'

/** Bounds what a consumer holds in memory; who found no room is told when there is some. */
export class CacheBudget {
  #bytes = 0
  readonly #waiting = new Set<{ queue: () => ProcessQueue; resume: () => void }>()

  constructor(private readonly limits: ConsumerSettings) {}

  /** An empty queue always has room: otherwise one queue could keep all others waiting. */
  hasRoom(queue: ProcessQueue): boolean {
    if (queue.count === 0) return true
    const { cachedMessagesMax, cachedSpanMax, cachedBytesMax } = this.limits
    return queue.count < cachedMessagesMax && queue.span < cachedSpanMax && this.#bytes < cachedBytesMax
  }

  wait(waiter: { queue: () => ProcessQueue; resume: () => void }): void {
    this.#waiting.add(waiter)
  }

  stopWaiting(waiter: { queue: () => ProcessQueue; resume: () => void }): void {
    this.#waiting.delete(waiter)
  }

  take(bytes: number): void {
    this.#bytes += bytes
  }

  give(bytes: number): void {
    this.#bytes -= bytes
    if (this.#waiting.size === 0) return
    for (const waiter of [...this.#waiting]) {
      if (!this.hasRoom(waiter.queue())) continue
      this.#waiting.delete(waiter)
      waiter.resume()
    }
  }
}
