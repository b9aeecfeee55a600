import type { Clock } from '@mq/io'
import type { BrokerPlace, ClusterSource } from '../cluster-source.js'
import { RateCounters } from './rate-counter.js'

/** Consumers commit their offsets every 5 s by default: a shorter window would show bursts and pauses. */
const rateWindowMs = 12_000

interface Count {
  total: number
  rate: number | null
}

/**
 * What consumer groups have worked off, by topic: their committed offsets, which a broker tells in one answer. Broadcast
 * consumers keep theirs to themselves and are not counted.
 */
export class OutCounts {
  readonly #rates = new RateCounters(rateWindowMs)
  #counts: ReadonlyMap<string, Count> | undefined

  constructor(
    private readonly source: ClusterSource,
    private readonly clock: Clock,
  ) {}

  async look(brokers: readonly BrokerPlace[]): Promise<string[]> {
    const masters = brokers.filter(({ brokerId }) => brokerId === 0)
    const answers = await Promise.allSettled(masters.map(({ address }) => this.source.committedOffsets(address)))
    const problems = answers.flatMap((answer) => (answer.status === 'rejected' ? [String(answer.reason.message)] : []))
    // The sum of some brokers is no total: better unknown than wrong.
    this.#counts = problems.length > 0 ? undefined : this.#countsOf(sumsOf(answers))
    return problems
  }

  /** Null: not known. */
  of(topic: string): { total: number | null; rate: number | null } {
    if (this.#counts === undefined) return { total: null, rate: null }
    return this.#counts.get(topic) ?? { total: 0, rate: 0 }
  }

  #countsOf(sums: ReadonlyMap<string, number>): Map<string, Count> {
    const nowMs = this.clock.monotonic()
    const counts = new Map<string, Count>()
    for (const [key, total] of sums) {
      const topic = key.slice(0, key.indexOf('@'))
      const rate = this.#rates.look(key, nowMs, total)
      const others = counts.get(topic)
      counts.set(topic, others ? together(others, { total, rate }) : { total, rate })
    }
    this.#rates.keepOnly(sums)
    return counts
  }
}

/** A group seen for the first time has no rate yet; those of the others stand. */
const together = (a: Count, b: Count): Count => ({
  total: a.total + b.total,
  rate: a.rate === null ? b.rate : a.rate + (b.rate ?? 0),
})

function sumsOf(answers: readonly PromiseSettledResult<ReadonlyMap<string, number>>[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const answer of answers) {
    if (answer.status === 'rejected') continue
    for (const [key, offsets] of answer.value) sums.set(key, (sums.get(key) ?? 0) + offsets)
  }
  return sums
}
