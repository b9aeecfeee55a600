import type { Clock } from '@mq/io'
import { aborted } from '../errors.js'

/** Those who wait for messages. */
export class Arrivals {
  readonly #waiting = new Set<() => void>()

  constructor(private readonly clock: Clock) {}

  wakeAll(): void {
    for (const wake of [...this.#waiting]) wake()
  }

  /** Resolves when woken, or when the time is over. Rejects with `ABORTED`. `what`: is waited for. */
  wait(timeoutMs: number, signal: AbortSignal | undefined, what: string): Promise<void> {
    if (signal?.aborted) return Promise.reject(aborted(what, signal))
    return new Promise((resolve, reject) => {
      const timer = timeoutMs === Infinity ? undefined : this.clock.after(timeoutMs, () => wake())
      const end = (): void => {
        timer?.cancel()
        this.#waiting.delete(wake)
        signal?.removeEventListener('abort', abort)
      }
      const wake = (): void => {
        end()
        resolve()
      }
      const abort = (): void => {
        end()
        reject(aborted(what, signal!))
      }
      this.#waiting.add(wake)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }
}
