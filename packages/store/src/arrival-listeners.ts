import type { Arrival } from './message-store.js'

type Listener = (arrivals: readonly Arrival[]) => void

/** Who wants to know of messages that have become visible. */
export class ArrivalListeners {
  readonly #listeners = new Set<Listener>()

  /** `onThrown`: told of what a listener throws, which must not keep the others from hearing. */
  constructor(private readonly onThrown: (error: unknown) => void) {}

  /** Returns the way to stop it. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  get isEmpty(): boolean {
    return this.#listeners.size === 0
  }

  tell(arrivals: readonly Arrival[]): void {
    if (arrivals.length === 0) return
    for (const listener of this.#listeners) {
      try {
        listener(arrivals)
      } catch (error) {
        this.onThrown(error)
      }
    }
  }
}
