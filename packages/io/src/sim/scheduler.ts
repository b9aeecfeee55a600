import { EventQueue, type SimEvent } from './event-queue.js'

/** Taken at load: tests that fake timers must not stop the simulation. */
const nextMacrotask = setImmediate

/** Whose event it is. Events of the dead do not happen, those of the paused happen later. */
export interface EventOwner {
  readonly alive: boolean
  readonly paused: boolean
  /** Keeps an event that is due, for `again`. */
  postpone(event: SimEvent): void
}

/**
 * Virtual time: a list of events to come, and a loop that jumps from one to the next. Time stands still while an event and all
 * promises it settles are worked off; nothing ever waits for real.
 */
export class Scheduler {
  #nowUs = 0
  #order = 0
  #driving = false
  readonly #queue = new EventQueue()

  get nowUs(): number {
    return this.#nowUs
  }

  in(delayMs: number, run: () => void, owner?: EventOwner): SimEvent {
    const delayUs = Math.max(0, Math.round(delayMs * 1000))
    return this.at(this.#nowUs + delayUs, run, owner)
  }

  at(atUs: number, run: () => void, owner?: EventOwner): SimEvent {
    const event: SimEvent = { atUs, order: this.#order++, run }
    if (owner) event.run = () => owner.alive && (owner.paused ? owner.postpone(event) : run())
    this.#queue.push(event)
    return event
  }

  /** A postponed event is due now, unless it was cancelled meanwhile. */
  again(event: SimEvent): void {
    event.atUs = this.#nowUs
    event.order = this.#order++
    this.#queue.push(event)
  }

  /**
   * Runs event after event until `isDone`, until the next one is later than `deadlineUs`, or until there is none.
   * Rejects with what an event throws; the events after it are still to come.
   */
  drive(isDone: () => boolean, deadlineUs: number): Promise<'done' | 'deadline' | 'idle'> {
    if (this.#driving) throw new Error('the simulation is running already: wait for the run, until or settle before')
    this.#driving = true
    return new Promise<'done' | 'deadline' | 'idle'>((resolve, reject) => {
      const step = (): void => {
        try {
          const outcome = this.#step(isDone, deadlineUs)
          if (outcome !== 'on') return resolve(outcome)
        } catch (error) {
          return reject(error as Error)
        }
        nextMacrotask(step)
      }
      // One event a macrotask: before the next one all promises that this one settled have run, chains of them too.
      nextMacrotask(step)
    }).finally(() => (this.#driving = false))
  }

  /** Moves the clock to the end of a stretch in which nothing happened. */
  skipTo(atUs: number): void {
    this.#nowUs = Math.max(this.#nowUs, atUs)
  }

  #step(isDone: () => boolean, deadlineUs: number): 'done' | 'deadline' | 'idle' | 'on' {
    if (isDone()) return 'done'
    for (;;) {
      const next = this.#queue.peek()
      if (!next) return 'idle'
      if (next.atUs > deadlineUs) return 'deadline'
      this.#queue.pop()
      if (!next.run) continue // Cancelled.
      this.#nowUs = Math.max(this.#nowUs, next.atUs)
      next.run()
      return 'on'
    }
  }
}
