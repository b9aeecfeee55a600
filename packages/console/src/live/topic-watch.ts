import type { Clock } from '@mq/io'
import type { TopicView } from '../api-types.js'
import type { BrokerPlace, ClusterSource, QueueOffsets } from '../cluster-source.js'
import { atMost } from './at-most.js'
import { OutCounts } from './out-counts.js'
import { RateCounters } from './rate-counter.js'
import { topicKinds } from './topic-kind.js'

/** Questions about topics under way at a time. */
const concurrency = 8
/** Topics asked about in one look; the others have their turn in the next ones. */
const topicsPerLook = 300
/** A look begins no further question after this time: a broker that hangs must not stop the others' figures. */
const lookMs = 4000
/** A topic whose brokers failed is left alone for this long. */
const pauseMs = 10_000
const rateWindowMs = 3000

interface Figures {
  queues: number
  inTotal: number
  stored: number
  inRate: number | null
  lastStoreTimestamp: number | null
}

/** Totals and rates of all topics, look after look. */
export class TopicWatch {
  readonly #in = new RateCounters(rateWindowMs)
  readonly #out: OutCounts
  readonly #figures = new Map<string, Figures>()
  readonly #pausedUntilMs = new Map<string, number>()
  #turn = 0

  constructor(
    private readonly source: ClusterSource,
    private readonly clock: Clock,
  ) {
    this.#out = new OutCounts(source, clock)
  }

  async look(brokers: readonly BrokerPlace[]): Promise<{ topics: TopicView[]; problems: string[] }> {
    const names = await this.source.topicNames()
    this.#forgetOthers(new Set(names))
    const [inProblems, outProblems] = await Promise.all([this.#lookAtQueues(names), this.#out.look(brokers)])
    const kindOf = topicKinds(brokers)
    const topics = names.map((name) => this.#view(name, kindOf(name)))
    return { topics, problems: [...inProblems, ...outProblems] }
  }

  #view(name: string, kind: TopicView['kind']): TopicView {
    const { total, rate } = this.#out.of(name)
    return { name, kind, ...(this.#figures.get(name) ?? unknownFigures), outTotal: total, outRate: rate }
  }

  async #lookAtQueues(names: readonly string[]): Promise<string[]> {
    const untilMs = this.clock.monotonic() + lookMs
    const outcomes = await atMost(concurrency, this.#dueTopics(names), async (name) => {
      if (this.clock.monotonic() > untilMs) return []
      const { queues, problems } = await this.source.queueOffsets(name)
      this.#note(name, queues)
      return problems
    })
    return outcomes.flatMap(({ item, result, error }) => (error ? [this.#pause(item, error)] : (result ?? [])))
  }

  #dueTopics(names: readonly string[]): string[] {
    const nowMs = this.clock.monotonic()
    const from = names.length === 0 ? 0 : this.#turn % names.length
    const inTurn = [...names.slice(from), ...names.slice(0, from)].slice(0, topicsPerLook)
    this.#turn = from + inTurn.length
    return inTurn.filter((name) => (this.#pausedUntilMs.get(name) ?? 0) <= nowMs)
  }

  #note(name: string, queues: readonly QueueOffsets[]): void {
    const sumOf = (figure: (queue: QueueOffsets) => number) => queues.reduce((sum, queue) => sum + figure(queue), 0)
    const inTotal = sumOf(({ maxOffset }) => maxOffset)
    const last = Math.max(0, ...queues.map(({ lastStoreTimestamp }) => lastStoreTimestamp))
    this.#figures.set(name, {
      queues: queues.length,
      inTotal,
      stored: sumOf(({ minOffset, maxOffset }) => maxOffset - minOffset),
      inRate: this.#in.look(name, this.clock.monotonic(), inTotal),
      lastStoreTimestamp: last || null,
    })
  }

  #pause(name: string, error: Error): string {
    this.#figures.delete(name)
    this.#pausedUntilMs.set(name, this.clock.monotonic() + pauseMs)
    return `topic ${name}: ${error.message}`
  }

  #forgetOthers(names: Set<string>): void {
    this.#in.keepOnly(names)
    for (const table of [this.#figures, this.#pausedUntilMs])
      for (const name of table.keys()) if (!names.has(name)) table.delete(name)
  }
}

const unknownFigures = { queues: null, inTotal: null, stored: null, inRate: null, lastStoreTimestamp: null }
