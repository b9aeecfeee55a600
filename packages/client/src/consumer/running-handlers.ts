import type { Clock, Timer } from '@mq/io'
import type { HandlerCall } from './handler-call.js'

/** Handlers that have returned a promise and not ended, the oldest first. One that takes longer than `limitMs` is told. */
export class RunningHandlers {
  readonly #calls = new Set<HandlerCall>()
  #timer: Timer | undefined

  constructor(
    private readonly clock: Clock,
    private readonly limitMs: number,
    private readonly onOverdue: (call: HandlerCall) => void,
  ) {}

  get size(): number {
    return this.#calls.size
  }

  all(): HandlerCall[] {
    return [...this.#calls]
  }

  add(call: HandlerCall): void {
    this.#calls.add(call)
    this.#timer ??= this.clock.after(this.limitMs, () => this.#look())
  }

  delete(call: HandlerCall): void {
    this.#calls.delete(call)
  }

  close(): void {
    this.#timer?.cancel()
  }

  /** One timer for all: set for the oldest that is not overdue yet, not moved when that one ends in time. */
  #look(): void {
    this.#timer = undefined
    const now = this.clock.monotonic()
    for (const call of this.#calls) {
      if (call.isOverdue) continue
      const leftMs = call.startedMs + this.limitMs - now
      if (leftMs > 0) {
        this.#timer = this.clock.after(leftMs, () => this.#look())
        return
      }
      call.isOverdue = true
      this.onOverdue(call)
    }
  }
}
