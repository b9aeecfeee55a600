import type { Clock, Logger } from '@mq/io'
import { writePrettyFastjson, type SubscriptionData } from '@mq/protocol'
import type { DocumentStore } from '@mq/store'
import { ConfigDocument } from '../config-document.js'
import { asRecord, integerOr, textOr } from '../loose-json.js'
import { isTagExpression } from '../subscription.js'
import { bloomFilterData, type BloomFilterData, type BloomGeometry } from './bloom-filter-data.js'
import { ExpressionError } from './expression-error.js'
import { sqlFilter, type SqlFilter } from './sql-filter.js'

/** Pairs of topic and group with a filter; any client may subscribe to any names. */
const filtersMax = 10_000
/** Loaded filters are taken to have died this long before, ms. */
const loadedDeadMs = 30_000

/** The SQL92 filter of a group on a topic (`ConsumerFilterData`). */
export interface ConsumerFilter {
  readonly topic: string
  readonly group: string
  readonly filter: SqlFilter
  readonly bits: BloomFilterData
  readonly bornTime: number
  /** Wall clock of the group's end, ms; 0 while it is online. */
  deadTime: number
  /** `subVersion` of the subscription. Nanoseconds from Go. */
  clientVersion: number | bigint
}

/**
 * SQL92 filters of consumer groups (`ConsumerFilterManager`, 4.7.1): registered by heartbeats, kept in
 * `consumerFilter.json`, and dropped when their group has been away for `filterDataCleanTimeSpan`.
 */
export class ConsumerFilters {
  /** By topic, then by group. */
  readonly #topics = new Map<string, Map<string, ConsumerFilter>>()
  readonly #document: ConfigDocument
  readonly #clock: Clock
  readonly #logger: Logger
  #count = 0

  constructor(
    ports: { documents: DocumentStore; clock: Clock; logger: Logger },
    /** How long filters of groups that are away are kept, ms. Read at each use, it can change at run time. */
    private readonly keptMs: () => number,
    private readonly bloom: BloomGeometry,
  ) {
    this.#clock = ports.clock
    this.#logger = ports.logger
    this.#document = new ConfigDocument(ports, 'consumerFilter.json', () => this.#fileText())
  }

  /** Reads what was stored; what cannot be compiled is left out. */
  load(): void {
    for (const [topic, value] of Object.entries(asRecord(asRecord(this.#document.read()).filterDataByTopic))) {
      for (const [group, data] of Object.entries(asRecord(asRecord(value).groupFilterData))) {
        this.#loadOne(topic, group, asRecord(data))
      }
    }
  }

  find(topic: string, group: string): ConsumerFilter | undefined {
    return this.#topics.get(topic)?.get(group)
  }

  /** Takes in the subscriptions of a heartbeat; filters of topics that are no longer among them die. */
  register(group: string, subscriptions: readonly SubscriptionData[]): void {
    for (const subscription of subscriptions) {
      if (!isTagExpression(subscription.expressionType)) this.#registerOne(group, subscription)
    }
    if (this.#count === 0) return
    const topics = new Set(subscriptions.map(({ topic }) => topic))
    this.#bury(group, (topic) => !topics.has(topic))
  }

  /** The last member of a group is gone. */
  unregister(group: string): void {
    this.#bury(group, () => true)
  }

  /** Drops what has been dead too long, and writes. */
  flush(): void {
    this.#dropDead()
    this.#document.flush()
  }

  #registerOne(group: string, { topic, subString, expressionType, subVersion }: SubscriptionData): void {
    const known = this.find(topic, group)
    const isSame = known?.filter.expression === subString && expressionType === 'SQL92'
    if (known !== undefined && subVersion < known.clientVersion) return
    if (known !== undefined && (isSame || subVersion === known.clientVersion)) {
      if (known.clientVersion === subVersion && known.deadTime === 0) return
      known.clientVersion = subVersion
      known.deadTime = 0
      return this.#document.markDirty()
    }
    const filter = this.#compiled(group, topic, subString, expressionType)
    // A pull then says that the filter is missing, and the client that its expression may be wrong.
    if (filter === undefined) return this.#remove(topic, group)
    const bits = bloomFilterData(group, topic, this.bloom)
    this.#put({ topic, group, filter, bits, bornTime: this.#clock.now(), deadTime: 0, clientVersion: subVersion })
    this.#document.markDirty()
  }

  #compiled(group: string, topic: string, expression: string, type: string): SqlFilter | undefined {
    const who = `the filter of consumer group ${group} on ${topic}`
    if (type !== 'SQL92') {
      this.#logger.warn({ group, topic }, `${who} is of the type ${type.slice(0, 80)}: there are TAG and SQL92`)
      return undefined
    }
    try {
      return sqlFilter(expression)
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error
      this.#logger.warn({ group, topic }, `${who} cannot be used: ${error.message}`)
      return undefined
    }
  }

  #loadOne(topic: string, group: string, data: Record<string, unknown>): void {
    const filter = this.#compiled(group, topic, textOr(data.expression, ''), textOr(data.expressionType, ''))
    if (filter === undefined) return
    const bornTime = integerOr(data.bornTime, 0)
    const deadTime = integerOr(data.deadTime, 0) || Math.max(bornTime, this.#clock.now() - loadedDeadMs)
    const clientVersion = typeof data.clientVersion === 'bigint' ? data.clientVersion : integerOr(data.clientVersion, 0)
    this.#put({
      topic,
      group,
      filter,
      bits: bloomFilterData(group, topic, this.bloom),
      bornTime,
      deadTime,
      clientVersion,
    })
  }

  #put(filter: ConsumerFilter): void {
    const { topic, group } = filter
    let groups = this.#topics.get(topic)
    const isNew = groups?.has(group) !== true
    if (isNew && this.#count >= filtersMax) return
    if (groups === undefined) this.#topics.set(topic, (groups = new Map()))
    groups.set(group, filter)
    if (isNew) this.#count++
  }

  #remove(topic: string, group: string): void {
    const groups = this.#topics.get(topic)
    if (groups?.delete(group) !== true) return
    this.#count--
    if (groups.size === 0) this.#topics.delete(topic)
    this.#document.markDirty()
  }

  #bury(group: string, isGone: (topic: string) => boolean): void {
    for (const [topic, groups] of this.#topics) {
      const filter = groups.get(group)
      if (filter === undefined || filter.deadTime !== 0 || !isGone(topic)) continue
      filter.deadTime = Math.max(filter.bornTime, this.#clock.now())
      this.#document.markDirty()
    }
  }

  #dropDead(): void {
    const beforeMs = this.#clock.now() - this.keptMs()
    for (const groups of this.#topics.values()) {
      for (const { topic, group, deadTime } of groups.values()) {
        if (deadTime !== 0 && deadTime <= beforeMs) this.#remove(topic, group)
      }
    }
  }

  #fileText(): string {
    const filterDataByTopic = [...this.#topics].map(([topic, groups]) => {
      const groupFilterData = new Map([...groups].map(([group, filter]) => [group, storedFilter(filter)]))
      return [topic, { groupFilterData, topic }] as const
    })
    return writePrettyFastjson({ filterDataByTopic: new Map(filterDataByTopic) })
  }
}

/** In Apache's form, member by member. */
export const storedFilter = ({ topic, group, filter, bits, bornTime, deadTime, clientVersion }: ConsumerFilter) => ({
  bloomFilterData: bits,
  bornTime,
  clientVersion,
  consumerGroup: group,
  dead: deadTime >= bornTime,
  deadTime,
  expression: filter.expression,
  expressionType: 'SQL92',
  topic,
})
