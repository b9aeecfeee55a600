import { type Faults, withDefaults } from './faults.js'
import { Scheduler } from './scheduler.js'
import { SeededRandom } from './seeded-random.js'
import { SimHost, type SimHostOptions } from './sim-host.js'
import { Trace, type TraceEvent } from './trace.js'
import type { World } from './world.js'

export interface SimulationOptions {
  /** Decides everything that is left to chance. The same seed and the same program give the same run, to the byte. */
  seed: number
  /** Wall clock at the start, milliseconds since the epoch. Default: 2024-01-01, midnight UTC. */
  startMs?: number
  /** What goes wrong. Default: nothing. */
  faults?: Partial<Faults>
  /** Told of everything that happens, for reading where two runs part. */
  onTrace?: (event: TraceEvent) => void
}

/** A small world in virtual time. Time passes only in `run`, `until` and `settle`, of which one may run at a time. */
export interface Simulation {
  /** The host of this name; made when first asked for, with addresses from 10.0.0.1 upwards. */
  host(name: string, options?: SimHostOptions): SimHost
  /** Milliseconds since the start. */
  readonly elapsedMs: number
  /** Lets `ms` milliseconds pass. Rejects with what a timer or a callback throws. */
  run(ms: number): Promise<void>
  /** Lets time pass until `predicate` holds. Rejects when it does not within `limitMs` (default 60,000). */
  until(predicate: () => boolean, limitMs?: number): Promise<void>
  /** Lets time pass until the promise settles, and gives its outcome. Rejects when it does not within `limitMs` (default 600,000). */
  settle<T>(promise: Promise<T>, limitMs?: number): Promise<T>
  /** A fingerprint of everything that has happened so far. */
  traceHash(): string
}

export function simulate(options: SimulationOptions): Simulation {
  return new SimulatedWorld(options)
}

class SimulatedWorld implements Simulation, World {
  readonly seed: number
  readonly startMs: number
  readonly scheduler = new Scheduler()
  readonly random: SeededRandom
  readonly faults: Faults
  readonly trace: Trace
  readonly hosts: SimHost[] = []
  #lastPid = 1000

  constructor({ seed, startMs = Date.UTC(2024, 0, 1), faults = {}, onTrace }: SimulationOptions) {
    this.seed = seed
    this.startMs = startMs
    this.random = new SeededRandom(seed, 'world')
    this.faults = withDefaults(faults)
    this.trace = new Trace(() => this.scheduler.nowUs, onTrace)
  }

  get elapsedMs(): number {
    return this.scheduler.nowUs / 1000
  }

  nextPid(): number {
    return ++this.#lastPid
  }

  host(name: string, options?: SimHostOptions): SimHost {
    const known = this.hosts.find((host) => host.name === name)
    if (known) return known
    const number = this.hosts.length + 1
    const host = new SimHost(this, name, `10.0.${number >> 8}.${number & 255}`, options)
    this.hosts.push(host)
    return host
  }

  async run(ms: number): Promise<void> {
    const deadlineUs = this.#deadlineUs(ms)
    await this.scheduler.drive(() => false, deadlineUs)
    this.scheduler.skipTo(deadlineUs)
  }

  async until(predicate: () => boolean, limitMs = 60_000): Promise<void> {
    const deadlineUs = this.#deadlineUs(limitMs)
    const outcome = await this.scheduler.drive(predicate, deadlineUs)
    if (outcome === 'done') return
    this.scheduler.skipTo(deadlineUs)
    throw new Error(`still not so after ${limitMs} ms of simulated time: ${predicate.toString()}${this.#hint(outcome)}`)
  }

  async settle<T>(promise: Promise<T>, limitMs = 600_000): Promise<T> {
    let settled = false
    const note = (): void => void (settled = true)
    promise.then(note, note)
    const outcome = await this.scheduler.drive(() => settled, this.#deadlineUs(limitMs))
    if (outcome === 'done') return promise
    throw new Error(`the promise is still open after ${limitMs} ms of simulated time${this.#hint(outcome)}`)
  }

  traceHash(): string {
    return this.trace.hash()
  }

  #deadlineUs(ms: number): number {
    return this.scheduler.nowUs + Math.round(ms * 1000)
  }

  #hint(outcome: 'deadline' | 'idle'): string {
    const reason = outcome === 'idle' ? '; nothing is left that could happen' : ''
    return `${reason} (seed ${this.seed}, at ${this.elapsedMs} ms)`
  }
}
