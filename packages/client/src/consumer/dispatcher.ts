import type { ReceivedMessage } from '../received-message.js'
import { batchFrom } from './batch.js'
import type { Concurrency, Workload } from './concurrency.js'
import type { Handlers } from './handlers.js'
import type { ProcessQueue } from './process-queue.js'
import type { QueuePuller } from './queue-puller.js'

/** Messages taken from one queue before another one's turn. */
const turnLength = 16

export interface DispatchPlan {
  readonly handlers: Handlers
  /** Consumes messages of a queue. Must not throw or reject. */
  consume(messages: readonly ReceivedMessage[]): void | Promise<void>
}

/**
 * Hands messages to handlers, several at a time, taking turns between queues. A handler that returns no promise costs no
 * promise.
 */
export class Dispatcher implements Workload {
  readonly #ready: QueuePuller[] = []
  #running = 0
  #stopped = false
  #onIdle: (() => void) | undefined

  constructor(
    private readonly concurrency: Concurrency,
    private readonly plan: DispatchPlan,
  ) {}

  get running(): number {
    return this.#running
  }

  get isFull(): boolean {
    return this.#running >= this.concurrency.limit && this.#ready.length > 0
  }

  /** The queue has messages. */
  add(puller: QueuePuller): void {
    if (!this.#ready.includes(puller)) this.#ready.push(puller)
    this.pump()
  }

  remove(puller: QueuePuller): void {
    const at = this.#ready.indexOf(puller)
    if (at >= 0) this.#ready.splice(at, 1)
  }

  /** Hands out nothing more. Resolves when all that is being consumed is finished. */
  stop(): Promise<void> {
    this.#stopped = true
    if (this.#running === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#onIdle = resolve))
  }

  pump(): void {
    while (this.#running < this.concurrency.limit && !this.#stopped && this.#ready.length > 0) {
      const puller = this.#ready.shift()!
      this.#handOut(puller)
      if (puller.process.hasWaiting && !puller.isHeld) this.#ready.push(puller)
    }
  }

  #handOut(puller: QueuePuller): void {
    for (let i = 0; i < turnLength && this.#running < this.concurrency.limit && !puller.isHeld && !this.#stopped; i++) {
      // Asked for each time: a handler may cause a seek, which replaces it.
      const { process } = puller
      const number = process.take()
      if (number < 0) return
      this.#run(puller, process, number)
    }
  }

  #run(puller: QueuePuller, process: ProcessQueue, first: number): void {
    this.concurrency.runs(++this.#running)
    const messages = batchFrom(process, first, this.plan.handlers)
    const done = () => {
      this.#running--
      for (let i = 0; i < messages.length; i++) puller.finish(process, first + i)
    }
    const result = this.plan.consume(messages)
    if (result === undefined) return done()
    void result.then(() => {
      done()
      if (this.#stopped && this.#running === 0) this.#onIdle?.()
      this.pump()
    })
  }
}
