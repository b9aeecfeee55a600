import type { Clock, Timer } from '@mq/io'
import { ClientError } from '../errors.js'

/** Handlers running at the same time: a number, or the bounds between which it follows what there is to do. */
export type ConcurrencyOption = number | { min?: number; max: number }

/** Milliseconds between two looks at whether there should be more or fewer. */
const periodMs = 1000
/** A timer that comes so much later than it should, ms, has waited for handlers that compute: more of them would not help. */
const lateMs = 100

/** Whose handlers they are. */
export interface Workload {
  /** Handlers that run now. */
  readonly running: number
  /** As many run as may, and messages wait. */
  readonly isFull: boolean
  /** There is room for more. */
  pump(): void
}

/**
 * How many handlers may run at a time. Between bounds it begins with the lower one (5), and each second becomes a quarter more
 * while messages wait for a handler to end, a quarter less when never more than half of them ran, or when the event loop was
 * busy: then handlers compute, and more of them at a time only wait for each other.
 */
export class Concurrency {
  readonly #min: number
  readonly #max: number
  #limit: number
  #timer: Timer | undefined
  #mostRunning = 0

  /** Throws `OPTION_INVALID`. */
  constructor(option: ConcurrencyOption) {
    const { min = 5, max } = typeof option === 'number' ? { min: option, max: option } : option
    this.#min = typeof option === 'number' ? min : Math.min(min, max)
    this.#max = max
    if (!isCount(this.#min) || !isCount(max) || (typeof option === 'object' && option.min !== undefined && min > max))
      throw new ClientError(
        'OPTION_INVALID',
        `option 'concurrency' must be a whole number from 1, or { min, max } of such, not ${JSON.stringify(option)}`,
      )
    this.#limit = this.#min
  }

  get limit(): number {
    return this.#limit
  }

  /** So many run now. */
  runs(count: number): void {
    if (count > this.#mostRunning) this.#mostRunning = count
  }

  /** Does nothing when the bounds are one number, or the second time. */
  start(clock: Clock, workload: Workload): void {
    if (this.#min === this.#max || this.#timer) return
    let lookedMs = clock.monotonic()
    this.#timer = clock.every(periodMs, () => {
      const now = clock.monotonic()
      const isLate = now - lookedMs > periodMs + lateMs
      lookedMs = now
      this.#adapt(workload, isLate)
      this.#mostRunning = workload.running
    })
  }

  close(): void {
    this.#timer?.cancel()
  }

  #adapt(workload: Workload, isLate: boolean): void {
    const step = Math.max(1, Math.floor(this.#limit / 4))
    if (workload.isFull && !isLate) {
      this.#limit = Math.min(this.#max, this.#limit + step)
      workload.pump()
    } else if (isLate || this.#mostRunning <= this.#limit / 2) this.#limit = Math.max(this.#min, this.#limit - step)
  }
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1
