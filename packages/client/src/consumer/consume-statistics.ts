import type { Clock } from '@mq/io'
import type { ConsumeStatus } from '@mq/protocol'

/** Rates are of the last minute, looked at every 10 s; failures are of the last hour (`ConsumerStatsManager`, 4.7.1). */
export const samplePeriodMs = 10_000
const minuteSamples = 7
const hourSamples = 361

interface Counts {
  atMs: number
  pulls: number
  pullMs: number
  pulled: number
  runs: number
  runMs: number
  consumed: number
  failed: number
}

const countsAt = (atMs: number): Counts => ({
  ...{ atMs, pulls: 0, pullMs: 0, pulled: 0 },
  ...{ runs: 0, runMs: 0, consumed: 0, failed: 0 },
})

/** Counts of a topic, and what they were: the oldest sample first. */
interface Topic {
  readonly counts: Counts
  readonly minute: Counts[]
  readonly failedInHour: number[]
}

/** What a consumer pulls and consumes of each topic. */
export class ConsumeStatistics {
  readonly #topics = new Map<string, Topic>()

  constructor(private readonly clock: Clock) {}

  /** An answer with messages; `tookMs` from the request on, waiting at the broker included. */
  pulled(topic: string, messages: number, tookMs: number): void {
    const { counts } = this.#topic(topic)
    counts.pulls++
    counts.pullMs += tookMs
    counts.pulled += messages
  }

  /** A handler has ended. */
  ran(topic: string, consumed: number, failed: number, tookMs: number): void {
    const { counts } = this.#topic(topic)
    counts.runs++
    counts.runMs += tookMs
    counts.consumed += consumed
    counts.failed += failed
  }

  /** To be called every `samplePeriodMs`. */
  sample(): void {
    for (const { counts, minute, failedInHour } of this.#topics.values()) {
      minute.push({ ...counts, atMs: this.clock.monotonic() })
      failedInHour.push(counts.failed)
      if (minute.length > minuteSamples) minute.shift()
      if (failedInHour.length > hourSamples) failedInHour.shift()
    }
  }

  of(topic: string): ConsumeStatus {
    const { counts, minute, failedInHour } = this.#topic(topic)
    const before = minute[0]!
    const seconds = Math.max(1, (this.clock.monotonic() - before.atMs) / 1000)
    const since = (name: keyof Counts) => counts[name] - before[name]
    return {
      pullRT: average(since('pullMs'), since('pulls')),
      pullTPS: since('pulled') / seconds,
      consumeRT: average(since('runMs'), since('runs')),
      consumeOKTPS: since('consumed') / seconds,
      consumeFailedTPS: since('failed') / seconds,
      consumeFailedMsgs: counts.failed - failedInHour[0]!,
    }
  }

  #topic(name: string): Topic {
    const known = this.#topics.get(name)
    if (known) return known
    const now = this.clock.monotonic()
    const topic = { counts: countsAt(now), minute: [countsAt(now)], failedInHour: [0] }
    this.#topics.set(name, topic)
    return topic
  }
}

const average = (sum: number, count: number): number => (count === 0 ? 0 : sum / count)
