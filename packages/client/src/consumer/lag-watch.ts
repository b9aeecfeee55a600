import type { QueuePuller } from './queue-puller.js'

/** Tells once when more messages than `limit` wait at the brokers, and again after it was less meanwhile. */
export class LagWatch {
  #isLagging = false

  constructor(
    private readonly limit: number,
    private readonly onLagging: (lag: number) => void,
  ) {}

  look(pullers: Iterable<QueuePuller>): void {
    let lag = 0
    for (const puller of pullers) lag += puller.lag
    const isLagging = lag > this.limit
    if (isLagging && !this.#isLagging) this.onLagging(lag)
    this.#isLagging = isLagging
  }
}
