import { ResponseCode, type Answer } from '@mq/protocol'

/** Requests of one kind that may be under way at once: Apache bounds the queues of its thread pools the same way. */
export class Lane {
  #inFlight = 0

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

  /** False when the lane is full. Each true is to be followed by one `leave`. */
  enter(): boolean {
    if (this.#inFlight >= this.capacity()) return false
    this.#inFlight++
    return true
  }

  leave(): void {
    this.#inFlight--
  }

  /** SYSTEM_BUSY in the words clients and operators of RocketMQ look for. */
  overload(): Answer {
    return {
      code: ResponseCode.SYSTEM_BUSY,
      remark: `[OVERLOAD]system busy, start flow control for a while: ${this.#inFlight} requests of the ${this.name} lane are under way, its limit is ${this.capacity()}`,
    }
  }
}
