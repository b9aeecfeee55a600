import type { Io, Random } from '@mq/io'
import type { Simulation } from '@mq/io/sim'
import type { Weather } from './faults/weather.js'
import { History } from './history.js'
import type { Plan } from './plan.js'
import type { Plant } from './plant.js'

/** Something MQ promises, and did not keep. */
export interface Violation {
  readonly checker: string
  readonly text: string
}

/** More of one kind say nothing new. */
const violationsMax = 5

/** One seed while it runs: what all parts of it share. */
export class Run {
  readonly history = new History()
  readonly violations: Violation[] = []
  /** The conductor's own world, which no fault reaches. */
  readonly io: Io
  /** Of the conductor: when which fault comes, and for how long. */
  readonly random: Random
  idle = { simulatedMs: 0, tookMs: 0 }
  /** Faults happen and messages are sent; then all is healed and has to settle. */
  phase: 'start' | 'storm' | 'calm' | 'over' = 'start'
  /** Messages read or written for how many reasons; figures of the report. */
  readonly counts = new Map<string, number>()

  constructor(
    readonly sim: Simulation,
    readonly plan: Plan,
    readonly weather: Weather,
    readonly plant: Plant,
    private readonly say: ((text: string) => void) | undefined,
  ) {
    this.io = sim.host('conductor').io
    this.random = this.io.random
  }

  get nowMs(): number {
    return this.sim.elapsedMs
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.io.clock.after(ms, resolve))
  }

  /** Looks every `everyMs`; false when it is still not so after `limitMs`. */
  async until(holds: () => boolean, limitMs: number, everyMs = 250): Promise<boolean> {
    const deadline = this.nowMs + limitMs
    while (!holds()) {
      if (this.nowMs >= deadline) return false
      await this.sleep(everyMs)
    }
    return true
  }

  /** A line for those who read the trace. */
  note(who: string, text: string): void {
    this.say?.(`${(this.nowMs / 1000).toFixed(3).padStart(9)}s  ${who.padEnd(12)} ${text}`)
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by)
  }

  violate(checker: string, text: string): void {
    if (this.violations.filter((one) => one.checker === checker).length >= violationsMax) return
    this.violations.push({ checker, text })
    this.note('VIOLATION', `${checker}: ${text}`)
  }

  /** A number from `from` to below `to`. */
  between(from: number, to: number): number {
    return from + this.random.below(to - from)
  }

  chance(percent: number): boolean {
    return this.random.below(100) < percent
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)]!
  }
}
