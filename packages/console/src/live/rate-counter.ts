interface Point {
  timeMs: number
  value: number
}

/** Older looks say nothing about now. */
const staleMs = 60_000
/** Two looks closer than this give a rate that jumps. */
const apartMs = 500

/** The rate of a count that is looked at from time to time. */
export class RateCounter {
  #points: Point[] = []

  /** `windowMs`: how far back a rate reaches, when there are looks that old. */
  constructor(private readonly windowMs: number) {}

  /** `timeMs`: of a clock that never goes back. */
  look(timeMs: number, value: number): void {
    const last = this.#points.at(-1)
    // Offsets go back when a topic is made anew or a group is reset: what came before counts no more.
    if (last && (value < last.value || timeMs - last.timeMs > staleMs)) this.#points = []
    this.#points.push({ timeMs, value })
    while (this.#points.length > 2 && this.#points[1]!.timeMs <= timeMs - this.windowMs) this.#points.shift()
  }

  /** A second; null as long as there are no two looks to compare. */
  get perSecond(): number | null {
    const first = this.#points[0]
    const last = this.#points.at(-1)
    if (!first || !last || last.timeMs - first.timeMs < apartMs) return null
    return ((last.value - first.value) * 1000) / (last.timeMs - first.timeMs)
  }
}

/** Counters by name, made when first looked at; those not looked at any more are dropped by `keepOnly`. */
export class RateCounters {
  readonly #counters = new Map<string, RateCounter>()

  constructor(private readonly windowMs: number) {}

  look(name: string, timeMs: number, value: number): number | null {
    let counter = this.#counters.get(name)
    if (counter === undefined) this.#counters.set(name, (counter = new RateCounter(this.windowMs)))
    counter.look(timeMs, value)
    return counter.perSecond
  }

  keepOnly(names: { has(name: string): boolean }): void {
    for (const name of this.#counters.keys()) if (!names.has(name)) this.#counters.delete(name)
  }
}
