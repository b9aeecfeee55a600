import {
  formatAddress,
  silentLogger,
  type Address,
  type Io,
  type Logger,
  type Timer,
  type TlsServerOptions,
} from '@mq/io'
import {
  parseDelayLevels,
  ResponseCode,
  type HostAddress,
  type SubscriptionGroupConfig,
  type TopicConfig,
} from '@mq/protocol'
import { createRemotingClient, RemotingServer, type RemotingClient } from '@mq/remoting'
import type { MessageStore } from '@mq/store'
import { advertisedHost, storeAddress } from './broker-address.js'
import type { BrokerState, Processor } from './broker-state.js'
import { watchHeartbeats } from './client-expiry.js'
import { brokerConfigTable, type BrokerConfig } from './config-table.js'
import { ConsumerOffsets } from './consumer-offsets.js'
import { Consumers, type ConsumerGroup } from './consumers.js'
import { MidnightTotals } from './day-totals.js'
import { DelayService } from './delay-service.js'
import { Lane } from './flow-control.js'
import { LongPolling } from './long-polling.js'
import { notOnFastPort, processors } from './processors/index.js'
import { Producers } from './producers.js'
import { QueueLocks } from './queue-locks.js'
import { Rates } from './rates.js'
import { Registration } from './registration.js'
import { brokerRuntimeInfo, type RateName } from './runtime-info.js'
import { BrokerStats } from './stats.js'
import { SubscriptionGroups } from './subscription-groups.js'
import { createInitialTopics } from './topic-creation.js'
import { Topics } from './topics.js'

export interface BrokerOptions {
  io: Io
  /** Where messages go. The broker starts and closes it. */
  store: MessageStore
  /** What differs from the defaults of `brokerConfigTable`. Checked values: read files with `brokerConfigTable.read`. */
  config?: Partial<BrokerConfig>
  /** Default: silent. */
  logger?: Logger
  /** TLS on both ports. Default: none. */
  tls?: TlsServerOptions
  /** More `key=value` lines for GET_BROKER_CONFIG: those of the store. */
  describeMore?: () => string
}

/** Figures for consoles and metrics. Totals count from the start of the broker. */
export interface BrokerFigures {
  putMessages: number
  getMessages: number
  /** Per second, over the last ten seconds. */
  putTps: number
  getTps: number
  sendsInFlight: number
  pullsHeld: number
  connections: number
  /** Messages taken and given out, by topic. */
  topics: ReadonlyMap<string, { put: number; get: number }>
}

/** How long `start` waits for name servers, ms; registration goes on behind it. */
const firstRegistrationMs = 1000

/**
 * A RocketMQ broker, master, speaking 4.7.1.
 *
 *     const broker = new Broker({ io, store, config: { namesrvAddr: '127.0.0.1:9876', brokerName: 'broker-a' } })
 *     const { address } = await broker.start()
 */
export class Broker {
  readonly #io: Io
  readonly #logger: Logger
  readonly #store: MessageStore
  readonly #options: BrokerOptions
  readonly #config: BrokerConfig & { brokerName: string }
  readonly #state: BrokerState
  readonly #topics: Topics
  readonly #groups: SubscriptionGroups
  readonly #offsets: ConsumerOffsets
  readonly #consumers: Consumers
  readonly #producers = new Producers()
  readonly #locks: QueueLocks
  readonly #holds: LongPolling
  readonly #delays: DelayService
  readonly #stats: BrokerStats
  readonly #rates: Rates<RateName>
  readonly #days: MidnightTotals
  readonly #server: RemotingServer
  readonly #client: RemotingClient
  readonly #registration: Registration
  readonly #timers: Timer[] = []
  readonly #stops: (() => void)[] = []
  #configVersion: { timestamp: number; counter: number }
  #bootMs = 0
  #storeHost: HostAddress = { host: '127.0.0.1', port: 0 }
  #phase: 'new' | 'open' | 'closing' | 'closed' = 'new'

  /** Throws nothing and touches nothing: `start` does. */
  constructor(options: BrokerOptions) {
    const { io, store, logger = silentLogger } = options
    const given = Object.fromEntries(Object.entries(options.config ?? {}).filter(([, value]) => value !== undefined))
    const config = { ...brokerConfigTable.defaults(), ...given } as BrokerConfig
    this.#options = options
    this.#io = io
    this.#logger = logger
    this.#store = store
    this.#config = { ...config, brokerName: config.brokerName ?? (io.host.hostname || 'DEFAULT_BROKER') }
    const { clock } = io
    const ports = { documents: store.documents, clock, logger }
    this.#configVersion = { timestamp: clock.now(), counter: 0 }
    this.#topics = new Topics(ports)
    this.#groups = new SubscriptionGroups(ports, () => this.#config.autoCreateSubscriptionGroup)
    this.#offsets = new ConsumerOffsets(ports)
    this.#consumers = new Consumers(clock, (group) => this.#mayNotify(group))
    this.#locks = new QueueLocks(clock)
    this.#holds = new LongPolling(
      clock,
      (topic, queueId) => store.maxOffset(topic, queueId),
      this.#config.pullThreadPoolQueueCapacity,
    )
    this.#delays = new DelayService(
      { store, clock, logger },
      parseDelayLevels(this.#config.messageDelayLevel),
      this.#config.flushDelayOffsetInterval,
    )
    this.#stats = new BrokerStats(clock)
    this.#rates = new Rates(clock, () => this.#counters())
    this.#days = new MidnightTotals(clock, this.#stats)
    this.#server = new RemotingServer({ io, logger, idleMs: this.#config.serverChannelMaxIdleTimeSeconds * 1000 })
    this.#client = createRemotingClient({ io, logger })
    this.#registration = new Registration({ clock, logger, client: this.#client }, this.#config, this.#topics, () => ({
      brokerAddr: this.#advertised(0),
      haServerAddr: this.#advertised(1),
    }))
    this.#state = this.#makeState()
  }

  /**
   * Starts the store, listens, and registers. Rejects with `IoError` (port taken, …) or `StoreError`, with everything
   * closed again. A name server that does not answer is logged and tried again, and keeps nothing from starting.
   */
  async start(): Promise<{ address: Address }> {
    if (this.#phase !== 'new') throw new Error('a broker is started once: make a new one')
    this.#phase = 'open'
    this.#bootMs = this.#io.clock.now()
    try {
      await this.#store.start()
      this.#load()
      const address = await this.#listen()
      this.#storeHost = storeAddress(advertisedHost(this.#config, this.#io.host), this.#io.host, address)
      this.#serve()
      await Promise.race([this.#registration.start(), this.#elapsed(firstRegistrationMs)])
      return { address }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Leaves the name servers, answers what waits, makes everything last, closes all connections. */
  async close(): Promise<void> {
    if (this.#phase === 'closing' || this.#phase === 'closed') return
    const wasOpen = this.#phase === 'open'
    this.#phase = 'closing'
    await this.#server.stopAccepting()
    if (wasOpen) await this.#registration.close()
    this.#holds.close()
    for (const stop of this.#stops) stop()
    for (const part of [this.#delays, this.#locks, this.#stats, this.#rates, this.#days]) part.close()
    for (const timer of this.#timers) timer.cancel()
    this.#flushDocuments()
    if (wasOpen) await this.#store.close()
    await this.#server.close()
    await this.#client.close()
    this.#phase = 'closed'
  }

  /** Where clients are told to reach this broker, `host:port`. Known after `start`. */
  get advertisedAddress(): string {
    return this.#advertised(0)
  }

  /** The configuration in effect. */
  get config(): Readonly<BrokerConfig> {
    return this.#config
  }

  /** Topics by name. */
  topics(): ReadonlyMap<string, TopicConfig> {
    return this.#topics.all()
  }

  /** Subscription groups by name. */
  groups(): ReadonlyMap<string, SubscriptionGroupConfig> {
    return this.#groups.all()
  }

  /** Consumer groups that are online, by name. */
  onlineGroups(): ReadonlyMap<string, ConsumerGroup> {
    return this.#consumers.groups()
  }

  stats(): BrokerFigures {
    return {
      putMessages: this.#stats.putMessages,
      getMessages: this.#stats.getMessages,
      putTps: this.#rates.perSecond('put', 10),
      getTps: this.#rates.perSecond('getTransferred', 10),
      sendsInFlight: this.#state.sends.inFlight,
      pullsHeld: this.#holds.count,
      connections: this.#server.channels.size,
      topics: this.#stats.topicTotals(),
    }
  }

  #load(): void {
    this.#topics.load()
    createInitialTopics(this.#topics, this.#config)
    this.#groups.load()
    this.#offsets.load()
  }

  async #listen(): Promise<Address> {
    for (const [code, processor] of processors) this.#server.handle(code, this.#guarded(processor))
    const { bindAddress: host, listenPort } = this.#config
    const { tls } = this.#options
    const address = await this.#server.listen({ host, port: listenPort, tls })
    // Clients older than 4.7.1 send to the second port unless told otherwise. With port 0 nobody could find it.
    if (listenPort > 2) await this.#server.listen({ host, port: listenPort - 2, tls, except: notOnFastPort })
    return address
  }

  #serve(): void {
    this.#stops.push(this.#store.onArrival((arrivals) => this.#holds.arrived(arrivals)))
    this.#stops.push(
      this.#server.onChannelClosed((channel) => {
        this.#producers.forget(channel)
        this.#consumers.forget(channel)
      }),
    )
    this.#delays.start()
    this.#timers.push(
      watchHeartbeats(this.#io.clock, this.#logger, { producers: this.#producers, consumers: this.#consumers }),
      this.#io.clock.every(this.#config.flushConsumerOffsetInterval, () => this.#flushDocuments()),
    )
  }

  /** Requests that come while the broker closes are for another broker. */
  #guarded(processor: Processor) {
    return (...[request, channel]: Parameters<Processor> extends [unknown, ...infer Rest] ? Rest : never) =>
      this.#phase === 'open'
        ? processor(this.#state, request, channel)
        : { code: ResponseCode.SERVICE_NOT_AVAILABLE, remark: `broker ${this.#config.brokerName} is shutting down` }
  }

  #flushDocuments(): void {
    this.#offsets.flush()
    // These were written at their change; what failed then is tried again.
    this.#topics.flush()
    this.#groups.flush()
  }

  #mayNotify(group: string): boolean {
    return (
      this.#config.notifyConsumerIdsChangedEnable && this.#groups.get(group)?.notifyConsumerIdsChangedEnable !== false
    )
  }

  #advertised(portsAbove: number): string {
    const host = advertisedHost(this.#config, this.#io.host)
    return formatAddress({
      host: portsAbove === 0 ? host : (this.#config.brokerIP2 ?? host),
      port: this.#storeHost.port + portsAbove,
    })
  }

  #counters(): Record<RateName, number> {
    const { putMessages, getMessages, pullsFound, pullsMissed } = this.#stats
    return {
      put: putMessages,
      getFound: pullsFound,
      getMiss: pullsMissed,
      getTotal: pullsFound + pullsMissed,
      getTransferred: getMessages,
    }
  }

  #changeConfig(entries: ReadonlyMap<string, string>): string[] {
    const { config, problems } = brokerConfigTable.change(this.#config, entries)
    if (problems.length > 0) return problems.map(({ message }) => message)
    Object.assign(this.#config, config)
    this.#configVersion = { timestamp: this.#io.clock.now(), counter: this.#configVersion.counter + 1 }
    if (entries.has('brokerPermission')) this.#registration.changed()
    this.#logger.info({ keys: [...entries.keys()] }, `configuration changed: ${[...entries.keys()].join(', ')}`)
    return []
  }

  #elapsed(ms: number): Promise<void> {
    return new Promise((resolve) => this.#timers.push(this.#io.clock.after(ms, resolve)))
  }

  #makeState(): BrokerState {
    const config = this.#config
    const storeHost = () => this.#storeHost
    return {
      io: this.#io,
      logger: this.#logger,
      store: this.#store,
      config,
      topics: this.#topics,
      groups: this.#groups,
      offsets: this.#offsets,
      consumers: this.#consumers,
      producers: this.#producers,
      locks: this.#locks,
      holds: this.#holds,
      delays: this.#delays,
      stats: this.#stats,
      sends: new Lane('send', () => config.sendThreadPoolQueueCapacity),
      clusterProperty: `CLUSTER\u0001${config.brokerClusterName}\u0002`,
      get storeHost() {
        return storeHost()
      },
      get sendFields() {
        return { MSG_REGION: config.regionId, TRACE_ON: String(config.traceOn) }
      },
      describeConfig: () => brokerConfigTable.print(config) + (this.#options.describeMore?.() ?? ''),
      changeConfig: (entries) => this.#changeConfig(entries),
      configVersion: () => this.#configVersion,
      runtimeInfo: () =>
        brokerRuntimeInfo(this.#state, { bootMs: this.#bootMs, rates: this.#rates, days: this.#days.totals }),
    }
  }
}
