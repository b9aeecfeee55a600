import type { Logger } from '@mq/io'
import type { QueuePuller } from './queue-puller.js'

/** Tells once when more messages than `limit` wait at the brokers, and again after it was less meanwhile. */
export class LagWatch {
  #isLagging = false

  constructor(
    private readonly group: string,
    private readonly limit: number,
    private readonly logger: Logger,
    private readonly onLagging: (lag: number) => void,
  ) {}

  look(pullers: Iterable<QueuePuller>): void {
    let lag = 0
    for (const puller of pullers) lag += puller.lag
    const isLagging = lag > this.limit
    if (isLagging && !this.#isLagging) this.#tell(lag)
    this.#isLagging = isLagging
  }

  #tell(lag: number): void {
    const problem = `group ${this.group} falls behind: ${lag} messages wait at the brokers for this member`
    const next = 'Make its handlers faster, raise concurrency, or run more members, up to one for each queue.'
    this.logger.warn({ group: this.group, lag, lagWarning: this.limit }, `${problem}. ${next}`)
    this.onLagging(lag)
  }
}
