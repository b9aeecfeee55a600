import { formatAddress, type Io, type Logger } from '@mq/io'
import { parseDelayLevels, type ExtFields, type HostAddress } from '@mq/protocol'
import type { RemotingClient } from '@mq/remoting'
import type { MessageStore } from '@mq/store'
import type { Acl } from './acl/acl.js'
import { advertisedHost } from './broker-address.js'
import { brokerConfigTable, type BrokerConfig } from './config-table.js'
import { ConsumerOffsets } from './consumer-offsets.js'
import { Consumers } from './consumers.js'
import { MidnightTotals } from './day-totals.js'
import { DelayService } from './delay-service.js'
import { bloomGeometry } from './filter/bloom-filter-data.js'
import { ConsumerFilters } from './filter/consumer-filters.js'
import { Lane } from './flow-control.js'
import { LongPolling } from './long-polling.js'
import { OtherMasters } from './other-masters.js'
import { Producers } from './producers.js'
import { PutLatency } from './put-latency.js'
import { QueueLocks } from './queue-locks.js'
import { Rates } from './rates.js'
import { BrokerStats } from './stats.js'
import { SubscriptionGroups } from './subscription-groups.js'
import { Topics } from './topics.js'
import { Transactions } from './transactions/transactions.js'

/** The configuration with the name settled. Values may change at run time (code 25): read them at each use. */
export type RunningConfig = BrokerConfig & { brokerName: string }

export interface BrokerPorts {
  io: Io
  logger: Logger
  store: MessageStore
  /** Calls to name servers and other brokers. */
  client: RemotingClient
}

export interface StateHooks {
  /** `brokerPermission` has another value. */
  onPermissionChanged(): void
  /** Lines of the configuration that are not the broker's own. */
  describeMore(): string
  /** Changes entries that are not the broker's own, all or none; returns what is wrong with the change. */
  changeMore?(entries: ReadonlyMap<string, string>): string[]
}

/** Everything a broker knows and keeps: what request processors work with. */
export class BrokerState {
  readonly io: Io
  readonly logger: Logger
  readonly store: MessageStore
  readonly client: RemotingClient
  readonly otherMasters: OtherMasters
  readonly topics: Topics
  readonly groups: SubscriptionGroups
  readonly offsets: ConsumerOffsets
  readonly filters: ConsumerFilters
  readonly consumers: Consumers
  readonly producers = new Producers()
  /** Nothing may be written any more: the folder may be another process's. */
  isClosed = false
  readonly locks: QueueLocks
  readonly holds: LongPolling
  readonly delays: DelayService
  readonly stats: BrokerStats
  readonly rates: Rates<'put' | 'getFound' | 'getMiss' | 'getTotal' | 'getTransfered'>
  readonly days: MidnightTotals
  readonly putLatency = new PutLatency()
  /** Sends that wait for their acknowledgement. */
  readonly sends: Lane
  /** Ends of transactions that wait for theirs. */
  readonly ends: Lane
  readonly transactions: Transactions
  /** Replies on their way to who asked. */
  readonly replies: Lane
  /** Those of them that other masters are asked to take: calls to each must leave room for calls to name servers. */
  readonly handOns = new Lane('hand on', () => 1000)
  /** Pulls that wait for the disk. */
  readonly reads: Lane
  /** `CLUSTER` as a property, appended to messages. */
  readonly clusterProperty: string
  /** Undefined unless `aclEnable`. */
  acl: Acl | undefined
  /** Where clients reach this broker; part of every message id. Known once it listens. */
  storeHost: HostAddress = { host: '127.0.0.1', port: 0 }
  /** Wall clock of the start, ms. */
  readonly bootMs: number
  #configVersion: { timestamp: number; counter: number }

  constructor(
    { io, logger, store, client }: BrokerPorts,
    readonly config: RunningConfig,
    private readonly hooks: StateHooks,
  ) {
    const { clock } = io
    const documents = { documents: store.documents, clock, logger }
    this.io = io
    this.logger = logger
    this.store = store
    this.client = client
    this.otherMasters = new OtherMasters({ clock, logger, client }, config, () => this.advertisedAddress)
    this.bootMs = clock.now()
    this.#configVersion = { timestamp: this.bootMs, counter: 0 }
    this.topics = new Topics(documents)
    this.groups = new SubscriptionGroups(documents, () => config.autoCreateSubscriptionGroup)
    this.offsets = new ConsumerOffsets(documents)
    this.filters = new ConsumerFilters(
      documents,
      () => config.filterDataCleanTimeSpan,
      bloomGeometry(config.maxErrorRateOfBloomFilter, config.expectConsumerNumUseFilter),
    )
    this.consumers = new Consumers(clock, (group) => this.#mayNotify(group), this.filters)
    this.locks = new QueueLocks(clock)
    this.holds = new LongPolling(
      clock,
      (topic, queueId) => store.maxOffset(topic, queueId),
      config.pullThreadPoolQueueCapacity,
    )
    this.delays = new DelayService(
      { store, clock, logger },
      parseDelayLevels(config.messageDelayLevel),
      config.flushDelayOffsetInterval,
    )
    this.stats = new BrokerStats(clock)
    this.rates = new Rates(clock, () => this.stats.rateCounters())
    this.days = new MidnightTotals(clock, this.stats)
    this.sends = new Lane('send', () => config.sendThreadPoolQueueCapacity)
    this.ends = new Lane('end transaction', () => config.endTransactionPoolQueueCapacity)
    this.transactions = new Transactions(this)
    this.replies = new Lane('reply', () => config.replyThreadPoolQueueCapacity)
    this.reads = new Lane('pull', () => config.pullThreadPoolQueueCapacity)
    this.clusterProperty = `CLUSTER\u0001${config.brokerClusterName}\u0002`
  }

  /** Where clients are told to reach this broker, `host:port`. */
  get advertisedAddress(): string {
    return formatAddress({ host: advertisedHost(this.config, this.io.host), port: this.storeHost.port })
  }

  /** Fields of every answer to a send. */
  get sendFields(): ExtFields {
    return { MSG_REGION: this.config.regionId, TRACE_ON: String(this.config.traceOn) }
  }

  get configVersion(): { timestamp: number; counter: number } {
    return this.#configVersion
  }

  /** Keys and values of the configuration as code 26 answers them. */
  describeConfig(): string {
    return brokerConfigTable.print(this.config) + this.hooks.describeMore()
  }

  /** Changes keys that may be changed while running, all or none. Returns what is wrong with the change, as sentences. */
  changeConfig(entries: ReadonlyMap<string, string>): string[] {
    const { changeMore } = this.hooks
    const isOther = (key: string) => changeMore !== undefined && !Object.hasOwn(brokerConfigTable.rows, key)
    const own = [...entries].filter(([key]) => !isOther(key))
    const others = new Map([...entries].filter(([key]) => isOther(key)))
    const { config, problems } = brokerConfigTable.change(this.config, own)
    if (problems.length > 0) return problems.map(({ message }) => message)
    const otherProblems = others.size > 0 ? changeMore!(others) : []
    if (otherProblems.length > 0) return otherProblems
    Object.assign(this.config, config)
    this.#configVersion = { timestamp: this.io.clock.now(), counter: this.#configVersion.counter + 1 }
    if (entries.has('brokerPermission')) this.#permissionChanged()
    this.logger.info({ keys: [...entries.keys()] }, `configuration changed: ${[...entries.keys()].join(', ')}`)
    return []
  }

  #permissionChanged(): void {
    this.topics.renewVersion()
    this.hooks.onPermissionChanged()
  }

  load(): void {
    this.topics.load()
    this.groups.load()
    this.offsets.load()
    this.filters.load()
  }

  flushDocuments(): void {
    this.offsets.flush()
    this.filters.flush()
    // These were written at their change; what failed then is tried again.
    this.topics.flush()
    this.groups.flush()
  }

  /** Answers what waits and stops all timers. */
  close(): void {
    this.isClosed = true
    this.acl?.close()
    this.holds.close()
    for (const part of [this.delays, this.transactions, this.locks, this.stats, this.rates, this.days]) part.close()
    this.flushDocuments()
  }

  #mayNotify(group: string): boolean {
    return (
      this.config.notifyConsumerIdsChangedEnable && this.groups.get(group)?.notifyConsumerIdsChangedEnable !== false
    )
  }
}
