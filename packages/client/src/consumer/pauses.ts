import type { MessageQueue } from '@mq/protocol'
import { queueKey } from '../client-instance/topic-route.js'

/** Queues from which nothing is pulled or handed out for now: some, or all. */
export class Pauses {
  #all = false
  readonly #keys = new Set<string>()

  hold(queue: MessageQueue): boolean {
    return this.#all || (this.#keys.size > 0 && this.#keys.has(queueKey(queue)))
  }

  /** Without `queues`: all there are and will be. */
  pause(queues?: readonly MessageQueue[]): void {
    if (queues === undefined) this.#all = true
    else for (const queue of queues) this.#keys.add(queueKey(queue))
  }

  /** Without `queues`: all, also those that were paused one by one. */
  resume(queues?: readonly MessageQueue[]): void {
    if (queues !== undefined) return queues.forEach((queue) => this.#keys.delete(queueKey(queue)))
    this.#all = false
    this.#keys.clear()
  }
}
