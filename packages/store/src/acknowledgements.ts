import type { AcknowledgedStatus } from './message-store.js'

type Done = (status: AcknowledgedStatus) => void

/**
 * Who waits for the log to reach a position: a queue in order of arrival, called in groups, without a promise each. One that
 * asks for a lower position than the one before it is called with that one, which is late but never wrong.
 */
export class Acknowledgements {
  #positions: number[] = []
  #done: Done[] = []
  #since: number[] = []
  #next = 0

  /** `onThrown`: told of what a callback throws, which must not keep the others waiting. */
  constructor(private readonly onThrown: (error: unknown) => void) {}

  wait(position: number, now: number, done: Done): void {
    this.#positions.push(position)
    this.#done.push(done)
    this.#since.push(now)
  }

  get isEmpty(): boolean {
    return this.#next === this.#done.length
  }

  /** Calls all whose position is reached. */
  reached(position: number): void {
    while (this.#next < this.#done.length && this.#positions[this.#next]! <= position) this.#call('OK')
    this.#forgetCalled()
  }

  /** Calls those who have waited since before `before` (as given to `wait`): they are not told OK any more. */
  expire(before: number, status: AcknowledgedStatus): void {
    while (this.#next < this.#done.length && this.#since[this.#next]! < before) this.#call(status)
    this.#forgetCalled()
  }

  failAll(): void {
    while (this.#next < this.#done.length) this.#call('FAILED')
    this.#forgetCalled()
  }

  #call(status: AcknowledgedStatus): void {
    const done = this.#done[this.#next++]!
    try {
      done(status)
    } catch (error) {
      this.onThrown(error)
    }
  }

  #forgetCalled(): void {
    if (this.#next < this.#done.length && this.#next < 65_536) return
    this.#positions = this.#positions.slice(this.#next)
    this.#done = this.#done.slice(this.#next)
    this.#since = this.#since.slice(this.#next)
    this.#next = 0
  }
}
