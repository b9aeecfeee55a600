import { ResponseCode, type Answer } from '@mq/protocol'

/** Requests of one kind that may be under way at once: Apache bounds the queues of its thread pools the same way. */
export class Lane {
  #inFlight = 0
  #movedMs = 0

  constructor(
    readonly name: string,
    /** Read at each use: the key behind it may change at run time. */
    private readonly capacity: () => number,
  ) {}

  get inFlight(): number {
    return this.#inFlight
  }

  get limit(): number {
    return this.capacity()
  }

  get isFull(): boolean {
    return this.#inFlight >= this.capacity()
  }

  /** To be followed by one `leave`. Monotonic time, ms. */
  enter(nowMs: number): void {
    if (this.#inFlight++ === 0) this.#movedMs = nowMs
  }

  /** `nowMs`: what it waited for has come. Without: it waited for nothing, and says nothing about the others. */
  leave(nowMs?: number): void {
    this.#inFlight--
    if (nowMs !== undefined) this.#movedMs = nowMs
  }

  /** How long nothing has come that those in the lane wait for, ms; 0 when nobody waits. */
  stillMs(nowMs: number): number {
    return this.#inFlight === 0 ? 0 : Math.max(0, nowMs - this.#movedMs)
  }

  /** SYSTEM_BUSY in the words clients and operators of RocketMQ look for. */
  overload(): Answer {
    return {
      code: ResponseCode.SYSTEM_BUSY,
      remark: `[OVERLOAD]system busy, start flow control for a while: ${this.#inFlight} requests of the ${this.name} lane are under way, its limit is ${this.capacity()}`,
    }
  }
}
