import type { Clock, Timer } from '@mq/io'
import type { Arrival } from '@mq/store'
import type { TagsMatcher } from './subscription.js'

/** How often holds are looked at that no arrival woke, ms (`PullRequestHoldService`). */
const sweepMs = 5000

/** A pull that found nothing and waits. */
export interface HeldPull {
  readonly topic: string
  readonly queueId: number
  /** The first offset it has not seen. */
  readonly offset: number
  readonly matches: TagsMatcher
  /** Looks at the message of an arrival that `matches` lets through. Undefined: it need not be looked at. */
  readonly looksAt: ((arrival: Arrival) => boolean) | undefined
  /** Monotonic time at which it is answered anyway, ms. */
  readonly deadlineMs: number
  /** False once its connection is gone. */
  readonly alive: () => boolean
  /** Runs the pull again; it is not held a second time. */
  readonly wake: () => void
}

/**
 * Pulls that wait for messages (`PullRequestHoldService`, 4.7.1): woken by an arrival their filter lets through, all of a
 * group of arrivals in one pass; by the sweep when messages came that the filter refused, so that the consumer's offset
 * moves on; and by the sweep when their time is over.
 */
export class LongPolling {
  readonly #topics = new Map<string, Map<number, HeldPull[]>>()
  readonly #sweep: Timer
  #count = 0

  constructor(
    private readonly clock: Clock,
    private readonly maxOffset: (topic: string, queueId: number) => number,
    /** Holds beyond are refused. */
    readonly limit: number,
  ) {
    this.#sweep = clock.every(sweepMs, () => this.#sweepAll())
  }

  get count(): number {
    return this.#count
  }

  /** Keeps a pull. False when too many wait. */
  hold(pull: HeldPull): boolean {
    if (this.#count >= this.limit) return false
    let queues = this.#topics.get(pull.topic)
    if (queues === undefined) this.#topics.set(pull.topic, (queues = new Map()))
    const held = queues.get(pull.queueId)
    if (held === undefined) queues.set(pull.queueId, [pull])
    else held.push(pull)
    this.#count++
    return true
  }

  /** Wakes the pulls that a group of arrivals concerns. */
  arrived(arrivals: readonly Arrival[]): void {
    if (this.#count === 0) return
    const woken: HeldPull[] = []
    for (const arrival of arrivals) {
      const held = this.#topics.get(arrival.topic)?.get(arrival.queueId)
      if (held === undefined || held.length === 0) continue
      this.#take(arrival.topic, arrival.queueId, held, woken, (pull) => concerns(arrival, pull))
    }
    for (const pull of woken) pull.wake()
  }

  /** Answers everything that waits, at close. */
  close(): void {
    this.#sweep.cancel()
    this.#takeAll(() => true)
  }

  #sweepAll(): void {
    const nowMs = this.clock.monotonic()
    this.#takeAll(
      (pull) => pull.deadlineMs <= nowMs || !pull.alive() || this.maxOffset(pull.topic, pull.queueId) > pull.offset,
    )
  }

  #takeAll(chosen: (pull: HeldPull) => boolean): void {
    const woken: HeldPull[] = []
    for (const [topic, queues] of this.#topics) {
      for (const [queueId, held] of queues) this.#take(topic, queueId, held, woken, chosen)
    }
    for (const pull of woken) if (pull.alive()) pull.wake()
  }

  /** Moves the chosen of one queue's pulls over to `woken`, keeping the order of the others. */
  #take(
    topic: string,
    queueId: number,
    held: HeldPull[],
    woken: HeldPull[],
    chosen: (pull: HeldPull) => boolean,
  ): void {
    let kept = 0
    for (const pull of held) {
      if (chosen(pull)) woken.push(pull)
      else held[kept++] = pull
    }
    this.#count -= held.length - kept
    held.length = kept
    if (kept > 0) return
    const queues = this.#topics.get(topic)!
    queues.delete(queueId)
    if (queues.size === 0) this.#topics.delete(topic)
  }
}

const concerns = (arrival: Arrival, pull: HeldPull): boolean =>
  arrival.queueOffset >= pull.offset &&
  (pull.matches === undefined || pull.matches(arrival.tagsCode)) &&
  (pull.looksAt === undefined || pull.looksAt(arrival))
