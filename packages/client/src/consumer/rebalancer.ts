import type { Clock, Timer } from '@mq/io'

const periodMs = 20_000
/** A round in which something failed is repeated after this, twice as long each time, up to a period. */
const retryFirstMs = 500

export interface RebalancePlan {
  /** What is to be shared out. */
  topics(): Iterable<string>
  /** Takes this member's share of a topic. Resolves with whether it has changed. */
  rebalanceTopic(topic: string): Promise<boolean>
  /** The share has changed. */
  onChanged(): void
  /** `rounds`: how many have failed in a row, this one not counted. */
  onFailed(topic: string, error: unknown, rounds: number): void
}

/** When shares are worked out: every 20 s, when brokers say that the group has changed, and sooner after a failure. */
export class Rebalancer {
  readonly #timer: Timer
  #round: Promise<void> | undefined
  #again = false
  #retry: Timer | undefined
  #failedRounds = 0
  #closed = false

  constructor(
    private readonly clock: Clock,
    private readonly plan: RebalancePlan,
  ) {
    this.#timer = clock.every(periodMs, () => this.soon())
  }

  soon(): void {
    void this.run()
  }

  /** Resolves at the end of the round. One round at a time; a wish that comes meanwhile makes another one. */
  run(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#again = this.#round !== undefined
    this.#round ??= this.#runRound().finally(() => {
      this.#round = undefined
      if (this.#again) this.soon()
    })
    return this.#round
  }

  close(): void {
    this.#closed = true
    this.#timer.cancel()
    this.#retry?.cancel()
  }

  async #runRound(): Promise<void> {
    this.#retry?.cancel()
    let failed = false
    let changed = false
    for (const topic of [...this.plan.topics()]) {
      try {
        changed = (await this.plan.rebalanceTopic(topic)) || changed
      } catch (error) {
        failed = true
        this.plan.onFailed(topic, error, this.#failedRounds)
      }
    }
    if (this.#closed) return
    if (changed) this.plan.onChanged()
    this.#failedRounds = failed ? this.#failedRounds + 1 : 0
    if (failed) this.#runAgainLater()
  }

  #runAgainLater(): void {
    const delayMs = Math.min(periodMs, retryFirstMs * 2 ** (this.#failedRounds - 1))
    this.#retry = this.clock.after(delayMs, () => this.soon())
  }
}
