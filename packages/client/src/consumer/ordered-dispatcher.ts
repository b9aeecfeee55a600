import type { Clock, Timer } from '@mq/io'
import type { ReceivedMessage } from '../received-message.js'
import { batchFrom } from './batch.js'
import type { Concurrency, Workload } from './concurrency.js'
import type { Handlers } from './handlers.js'
import type { ProcessQueue } from './process-queue.js'
import type { QueuePuller } from './queue-puller.js'

/** Batches taken from one queue before another one's turn. */
const turnLength = 16

/** Messages of a queue that are consumed at once: one, unless its handler takes more. */
interface Turn {
  readonly process: ProcessQueue
  /** Number of the first that was taken. */
  readonly first: number
  readonly taken: readonly ReceivedMessage[]
  /** Those of them that are not finished. */
  readonly due: readonly ReceivedMessage[]
}

interface Lane {
  isRunning: boolean
  /** What is to be tried again before anything else. */
  again: Turn | undefined
  suspension: Timer | undefined
  onIdle: (() => void)[]
}

export interface OrderedPlan {
  /** Handlers running at the same time. */
  concurrency: Concurrency
  /** Time before something is tried again, ms. */
  suspendMs: number
  clock: Clock
  handlers: Handlers
  /** Consumes messages of a queue; resolves with those to be tried again. Must not throw or reject. */
  consume(messages: readonly ReceivedMessage[]): readonly ReceivedMessage[] | Promise<readonly ReceivedMessage[]>
  /** The queue is still ours. */
  mayConsume(puller: QueuePuller): boolean
}

/** Hands messages to handlers: of each queue one batch at a time, in order, of many queues at once. */
export class OrderedDispatcher implements Workload {
  readonly #ready: QueuePuller[] = []
  readonly #lanes = new Map<QueuePuller, Lane>()
  #running = 0
  #stopped = false
  #onIdle: (() => void) | undefined

  constructor(private readonly plan: OrderedPlan) {}

  get running(): number {
    return this.#running
  }

  get isFull(): boolean {
    return this.#running >= this.plan.concurrency.limit && this.#ready.length > 0
  }

  /** The queue has messages. */
  add(puller: QueuePuller): void {
    const lane = this.#lane(puller)
    if (lane.isRunning || lane.suspension || this.#ready.includes(puller)) return
    this.#ready.push(puller)
    this.pump()
  }

  remove(puller: QueuePuller): void {
    const at = this.#ready.indexOf(puller)
    if (at >= 0) this.#ready.splice(at, 1)
    const lane = this.#lanes.get(puller)
    lane?.suspension?.cancel()
    if (!lane?.isRunning) this.#lanes.delete(puller)
  }

  /** Resolves when no handler runs with messages of this queue, which was removed. */
  idle(puller: QueuePuller): Promise<void> {
    const lane = this.#lanes.get(puller)
    if (!lane?.isRunning) return Promise.resolve()
    return new Promise((resolve) => lane.onIdle.push(resolve))
  }

  /** Hands out nothing more. Resolves when all that is being consumed is finished; what is to be tried again is not. */
  stop(): Promise<void> {
    this.#stopped = true
    for (const { suspension } of this.#lanes.values()) suspension?.cancel()
    if (this.#running === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#onIdle = resolve))
  }

  #lane(puller: QueuePuller): Lane {
    const known = this.#lanes.get(puller)
    if (known) return known
    const lane: Lane = { isRunning: false, again: undefined, suspension: undefined, onIdle: [] }
    this.#lanes.set(puller, lane)
    return lane
  }

  pump(): void {
    while (this.#running < this.plan.concurrency.limit && !this.#stopped && this.#ready.length > 0)
      this.#serve(this.#ready.shift()!)
  }

  #serve(puller: QueuePuller): void {
    const lane = this.#lane(puller)
    for (let i = 0; i < turnLength; i++) {
      const turn = this.#next(puller, lane)
      if (turn === undefined) return
      lane.isRunning = true
      this.plan.concurrency.runs(++this.#running)
      const due = this.plan.consume(turn.due)
      if (due instanceof Promise) return void due.then((some) => this.#ended(puller, lane, turn, some))
      this.#settle(puller, lane, turn, due)
      if (due.length > 0) return
    }
    this.#more(puller)
  }

  #next(puller: QueuePuller, lane: Lane): Turn | undefined {
    if (this.#stopped || puller.isHeld || !this.plan.mayConsume(puller)) return undefined
    const { again } = lane
    lane.again = undefined
    // Asked for each time: a seek replaces it, and with it what was to be tried again.
    const { process } = puller
    if (again?.process === process) return again
    const first = process.take()
    if (first < 0) return undefined
    const taken = batchFrom(process, first, this.plan.handlers)
    return { process, first, taken, due: taken }
  }

  #ended(puller: QueuePuller, lane: Lane, turn: Turn, due: readonly ReceivedMessage[]): void {
    this.#settle(puller, lane, turn, due)
    if (due.length === 0) this.#more(puller)
    if (this.#stopped && this.#running === 0) this.#onIdle?.()
    this.pump()
  }

  #settle(puller: QueuePuller, lane: Lane, turn: Turn, due: readonly ReceivedMessage[]): void {
    this.#running--
    lane.isRunning = false
    finishAllBut(due, turn, puller)
    if (due.length > 0) this.#suspend(puller, lane, { ...turn, due })
    if (puller.stopped) this.#lanes.delete(puller)
    for (const resolve of lane.onIdle.splice(0)) resolve()
  }

  #suspend(puller: QueuePuller, lane: Lane, turn: Turn): void {
    if (this.#stopped || puller.stopped) return
    lane.again = turn
    lane.suspension = this.plan.clock.after(this.plan.suspendMs, () => {
      lane.suspension = undefined
      this.add(puller)
    })
  }

  #more(puller: QueuePuller): void {
    if (puller.process.hasWaiting && !puller.isHeld) this.#ready.push(puller)
  }
}

function finishAllBut(due: readonly ReceivedMessage[], { process, first, taken }: Turn, puller: QueuePuller): void {
  if (due.length === taken.length) return
  const left = due.length === 0 ? undefined : new Set(due)
  for (let i = 0; i < taken.length; i++) if (!left?.has(taken[i]!)) puller.finish(process, first + i)
}
