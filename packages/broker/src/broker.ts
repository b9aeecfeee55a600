import {
  formatAddress,
  silentLogger,
  type Address,
  type ConnectOptions,
  type Io,
  type Logger,
  type Timer,
  type TlsServerOptions,
} from '@mq/io'
import { ResponseCode, type SubscriptionGroupConfig, type TopicConfig } from '@mq/protocol'
import { createRemotingClient, RemotingServer, type RemotingClient, type RequestHandler } from '@mq/remoting'
import type { MessageStore } from '@mq/store'
import { AddressServer, type FetchText } from './address-server.js'
import { advertisedHost, storeAddress } from './broker-address.js'
import { BrokerState, type RunningConfig } from './broker-state.js'
import { watchHeartbeats } from './client-expiry.js'
import { brokerConfigTable, type BrokerConfig } from './config-table.js'
import type { ConsumerGroup } from './consumers.js'
import { FastFailure } from './fast-failure.js'
import { cutBackOffsets } from './offset-correction.js'
import { notOnFastPort, processors } from './processors/index.js'
import type { Processor } from './processors/processor.js'
import { Registration } from './registration.js'
import { makeRetryTopicsWithTheirTopics } from './retry-topics.js'
import { createInitialTopics } from './topic-creation.js'

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
  /** Reach the name servers and other brokers with TLS. Default: plain. */
  clientTls?: ConnectOptions['tls']
  /** Asks an address server, with `fetchNamesrvAddrByAddressServer`. Default: it is not asked. */
  fetchText?: FetchText
  /** More `key=value` lines for GET_BROKER_CONFIG: those of the store. */
  describeMore?: () => string
  /** Changes keys that are not the broker's own (UPDATE_BROKER_CONFIG), all or none; returns what is wrong, as sentences. */
  changeMore?: (entries: ReadonlyMap<string, string>) => string[]
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
  readonly #options: BrokerOptions
  readonly #state: BrokerState
  readonly #server: RemotingServer
  readonly #client: RemotingClient
  readonly #registration: Registration
  readonly #addressServer: AddressServer | undefined
  readonly #fastFailure: FastFailure
  readonly #timers: Timer[] = []
  readonly #stops: (() => void)[] = []
  #phase: 'new' | 'open' | 'closed' = 'new'
  #closing: Promise<void> | undefined

  /** Opens nothing: `start` does. */
  constructor(options: BrokerOptions) {
    const { io, store, logger = silentLogger } = options
    const config = runningConfig(options)
    this.#options = options
    this.#client = createRemotingClient({ io, logger, tls: options.clientTls })
    this.#state = new BrokerState({ io, logger, store, client: this.#client }, config, {
      onPermissionChanged: () => this.#registration.changed(),
      describeMore: options.describeMore ?? (() => ''),
      changeMore: options.changeMore,
    })
    this.#fastFailure = new FastFailure(this.#state, io.clock, logger)
    this.#server = new RemotingServer({ io, logger, idleMs: config.serverChannelMaxIdleTimeSeconds * 1000 })
    this.#registration = new Registration(
      { clock: io.clock, logger, client: this.#client },
      config,
      this.#state.topics,
      () => ({ brokerAddr: this.advertisedAddress, haServerAddr: this.#haAddress() }),
    )
    this.#addressServer = this.#createAddressServer()
  }

  /** Unless name servers are named (`BrokerController.initialize`, 4.7.1). */
  #createAddressServer(): AddressServer | undefined {
    const { io, fetchText, logger = silentLogger } = this.#options
    const { namesrvAddr, fetchNamesrvAddrByAddressServer } = this.config
    if (namesrvAddr !== undefined || !fetchNamesrvAddrByAddressServer || fetchText === undefined) return undefined
    return new AddressServer({ clock: io.clock, logger, fetchText }, this.#state.config, () =>
      this.#registration.nameServersChanged(),
    )
  }

  /**
   * Starts the store, listens, and registers. Rejects with `IoError` (port taken, …) or `StoreError`, with everything
   * closed again. A name server that does not answer is logged and tried again, and keeps nothing from starting.
   */
  async start(): Promise<{ address: Address }> {
    if (this.#phase !== 'new') throw new Error('a broker is started once: make a new one')
    this.#phase = 'open'
    try {
      await this.#openAcl()
      await this.#state.store.start()
      this.#state.load()
      createInitialTopics(this.#state.topics, this.#state.config)
      cutBackOffsets(this.#state)
      const address = await this.#listen()
      await Promise.race([this.#announce(), this.#elapsed(firstRegistrationMs)])
      return { address }
    } catch (error) {
      await this.close()
      throw error
    }
  }

  /** Leaves the name servers, answers what waits, makes everything last, closes all connections. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** Where clients are told to reach this broker, `host:port`. Known after `start`. */
  get advertisedAddress(): string {
    return this.#state.advertisedAddress
  }

  /** The configuration in effect. */
  get config(): Readonly<RunningConfig> {
    return this.#state.config
  }

  /** Topics by name. */
  topics(): ReadonlyMap<string, TopicConfig> {
    return this.#state.topics.all()
  }

  /** Subscription groups by name. */
  groups(): ReadonlyMap<string, SubscriptionGroupConfig> {
    return this.#state.groups.all()
  }

  /** Consumer groups that are online, by name. */
  onlineGroups(): ReadonlyMap<string, ConsumerGroup> {
    return this.#state.consumers.groups()
  }

  stats(): BrokerFigures {
    const { stats, rates, sends, holds } = this.#state
    return {
      putMessages: stats.putMessages,
      getMessages: stats.getMessages,
      putTps: rates.perSecond('put', 10),
      getTps: rates.perSecond('getTransfered', 10),
      sendsInFlight: sends.inFlight,
      pullsHeld: holds.count,
      connections: this.#server.channels.size,
      topics: stats.topicTotals(),
    }
  }

  /** Its parser is loaded only where there are rules to read. */
  async #openAcl(): Promise<void> {
    const { aclEnable, 'rocketmq.acl.plain.file': path } = this.config
    if (!aclEnable) return
    if (path === undefined) throw new Error('aclEnable=true needs the file of accounts: set rocketmq.acl.plain.file')
    const { Acl } = await import('./acl/acl.js')
    this.#state.acl = new Acl(this.#state.io, this.#state.logger, path)
  }

  async #listen(): Promise<Address> {
    for (const [code, processor] of processors) this.#server.handle(code, this.#handlerOf(code, processor))
    const { bindAddress: host, listenPort } = this.config
    const { tls } = this.#options
    const address = await this.#server.listen({ host, port: listenPort, tls })
    this.#serve(address)
    // Clients older than 4.7.1 send to the second port unless told otherwise. With port 0 nobody could find it.
    if (listenPort > 2) await this.#server.listen({ host, port: listenPort - 2, tls, except: notOnFastPort })
    return address
  }

  #serve(address: Address): void {
    const { io, logger, store, config, holds, producers, consumers, delays, transactions } = this.#state
    this.#state.storeHost = storeAddress(advertisedHost(config, io.host), io.host, address)
    this.#stops.push(
      store.onArrival((arrivals) => holds.arrived(arrivals)),
      this.#server.onChannelClosed((channel) => {
        producers.forget(channel)
        consumers.forget(channel)
      }),
    )
    delays.start()
    transactions.start()
    this.#stops.push(makeRetryTopicsWithTheirTopics(this.#state))
    this.#timers.push(
      watchHeartbeats(io.clock, logger, { producers, consumers }),
      io.clock.every(config.flushConsumerOffsetInterval, () => this.#state.flushDocuments()),
    )
  }

  async #announce(): Promise<void> {
    await this.#addressServer?.start()
    await this.#registration.start()
  }

  /** Requests that come while the broker closes are for another broker. */
  #handlerOf(code: number, processor: Processor): RequestHandler {
    const state = this.#state
    const busy = this.#fastFailure.checkOf(code)
    return (request, channel) => {
      if (this.#phase === 'open') {
        return busy?.() ?? state.acl?.refusalOf(request, channel) ?? processor(state, request, channel)
      }
      const remark = `broker ${state.config.brokerName} is shutting down`
      return { code: ResponseCode.SERVICE_NOT_AVAILABLE, remark }
    }
  }

  async #close(): Promise<void> {
    const wasOpen = this.#phase === 'open'
    this.#phase = 'closed'
    await this.#server.stopAccepting()
    this.#addressServer?.close()
    if (wasOpen) await this.#registration.close()
    for (const stop of this.#stops) stop()
    for (const timer of this.#timers) timer.cancel()
    this.#state.close()
    if (wasOpen) await this.#state.store.close()
    await this.#server.close()
    await this.#client.close()
  }

  #haAddress(): string {
    const host = this.config.brokerIP2 ?? advertisedHost(this.config, this.#state.io.host)
    return formatAddress({ host, port: this.#state.storeHost.port + 1 })
  }

  #elapsed(ms: number): Promise<void> {
    return new Promise((resolve) => this.#timers.push(this.#state.io.clock.after(ms, resolve)))
  }
}

function runningConfig({ io, config = {} }: BrokerOptions): RunningConfig {
  const given = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
  const full = { ...brokerConfigTable.defaults(), ...given } as BrokerConfig
  return { ...full, brokerName: full.brokerName ?? (io.host.hostname || 'DEFAULT_BROKER') }
}
