import type { Clock } from '@mq/io'
import type { BrokerView, ClusterTotals, ClusterView, TopicView } from '../api-types.js'
import type { ClusterSource } from '../cluster-source.js'
import { BrokerWatch } from './broker-watch.js'
import { TopicWatch } from './topic-watch.js'

/** The cluster at one moment. */
export interface ClusterLook {
  cluster: ClusterView
  topics: TopicView[]
  topicProblems: string[]
}

export interface ClusterWatchOptions {
  source: ClusterSource
  clock: Clock
  /** Of the console. */
  version: string
}

/** A look serves everybody who asks within this time. */
const shareMs = 1000
/** More sentences than this tell nothing more. */
const problemsMax = 20

/** Looks at the whole cluster, when asked: once for all who ask at the same time. */
export class ClusterWatch {
  readonly #options: ClusterWatchOptions
  readonly #brokers: BrokerWatch
  readonly #topics: TopicWatch
  #latest: { atMs: number; look: Promise<ClusterLook>; done: boolean } | undefined

  constructor(options: ClusterWatchOptions) {
    this.#options = options
    this.#brokers = new BrokerWatch(options.source, options.clock)
    this.#topics = new TopicWatch(options.source, options.clock)
  }

  /** Rejects with `ConsoleError` when no name server answers. */
  look(): Promise<ClusterLook> {
    const nowMs = this.#options.clock.monotonic()
    const latest = this.#latest
    if (latest && (!latest.done || nowMs - latest.atMs < shareMs)) return latest.look
    const mine = { atMs: nowMs, look: this.#lookNow(), done: false }
    this.#latest = mine
    const done = () => void (mine.done = true)
    mine.look.then(done, done)
    return mine.look
  }

  async #lookNow(): Promise<ClusterLook> {
    const { source, clock, version } = this.#options
    const places = await source.brokers()
    const [{ brokers, problems }, { topics, problems: topicProblems }] = await Promise.all([
      this.#brokers.look(places),
      this.#topics.look(places),
    ])
    brokers.sort(
      (a, b) => compare(a.cluster, b.cluster) || compare(a.brokerName, b.brokerName) || a.brokerId - b.brokerId,
    )
    topics.sort((a, b) => compare(a.name, b.name))
    return {
      cluster: {
        timeMs: clock.now(),
        console: { version },
        namesrv: source.namesrv,
        brokers,
        totals: totalsOf(brokers, topics),
        problems: shortened(problems),
      },
      topics,
      topicProblems: shortened(topicProblems),
    }
  }
}

function totalsOf(brokers: readonly BrokerView[], topics: readonly TopicView[]): ClusterTotals {
  const masters = brokers.filter(({ role }) => role === 'master')
  const sumOf = (figure: (broker: BrokerView) => number | null) => sumOfKnown(masters.map(figure))
  return {
    brokers: brokers.length,
    topics: topics.filter(({ kind }) => kind === 'normal').length,
    inRate: sumOf(({ inRate }) => inRate),
    outRate: sumOf(({ outRate }) => outRate),
    inToday: sumOf(({ inToday }) => inToday),
    outToday: sumOf(({ outToday }) => outToday),
    diskBytes: sumOf(({ diskBytes }) => diskBytes),
  }
}

/** Null when nothing is known; `problems` tells which parts are missing. */
function sumOfKnown(numbers: readonly (number | null)[]): number | null {
  const known = numbers.filter((one) => one !== null)
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0)
}

function shortened(problems: readonly string[]): string[] {
  const distinct = [...new Set(problems)]
  if (distinct.length <= problemsMax) return distinct
  return [...distinct.slice(0, problemsMax), `and ${distinct.length - problemsMax} more problems like these`]
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
