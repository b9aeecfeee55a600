import type { Clock, Timer } from '@mq/io'

const windowsS = [10, 60, 600] as const
const samplesMax = 601

/** Counters sampled each second, for rates over the last 10, 60 and 600 seconds (`StoreStatsService`, 4.7.1). */
export class Rates<Name extends string> {
  readonly #samples: { timeMs: number; values: Record<Name, number> }[] = []
  readonly #timer: Timer

  constructor(
    private readonly clock: Clock,
    private readonly read: () => Record<Name, number>,
  ) {
    this.#sample()
    this.#timer = clock.every(1000, () => this.#sample())
  }

  /** Per second over the last `seconds`, or since the start when that was later. */
  perSecond(name: Name, seconds: number): number {
    const last = this.#samples.at(-1)!
    const first = this.#samples[Math.max(0, this.#samples.length - 1 - seconds)]!
    const elapsedMs = last.timeMs - first.timeMs
    return elapsedMs === 0 ? 0 : ((last.values[name] - first.values[name]) * 1000) / elapsedMs
  }

  /** `10s 60s 600s`, as runtime info has it. */
  text(name: Name): string {
    return windowsS.map((seconds) => String(Math.round(this.perSecond(name, seconds) * 1000) / 1000)).join(' ')
  }

  close(): void {
    this.#timer.cancel()
  }

  #sample(): void {
    this.#samples.push({ timeMs: this.clock.monotonic(), values: this.read() })
    if (this.#samples.length > samplesMax) this.#samples.shift()
  }
}
