import type { Clock, Logger, Timer } from '@mq/io'
import {
  brokerIdentityRequest,
  crc32,
  decodeKVTable,
  encodeDataVersion,
  encodeRegisterBrokerBody,
  queryDataVersionResponse,
  registerBrokerRequest,
  RequestCode,
  requestCommand,
  ResponseCode,
  type ReceivedCommand,
  type RemotingCommand,
  type TopicConfig,
} from '@mq/protocol'
import type { RemotingClient } from '@mq/remoting'
import type { RunningConfig } from './broker-state.js'
import { isReadable, isWritable, readWrite, type Topics } from './topics.js'

/** First wait after a failed registration, ms; it doubles up to the usual period. */
const retryFirstMs = 1000

interface NameServer {
  readonly address: string
  failures: number
  busy: boolean
  /** Something is to be told, also what changed while a registration was under way. */
  again: boolean
  /** It is to be told without asking first what it knows. */
  forced: boolean
  retry: Timer | undefined
}

/** Where this broker is reached. */
export interface RegisteredAddress {
  brokerAddr: string
  haServerAddr: string
}

/**
 * Keeps all name servers informed (`BrokerOuterAPI`, 4.7.1): the whole topic table at start, every
 * `registerNameServerPeriod`, and after changes, those of one turn together. With `forceRegister=false` a name server is
 * asked each period which version it has, and told only when that is another one: asking shows that the broker lives. One
 * that cannot be reached is tried again after 1, 2, 4 … seconds, so that the order in which servers start does not matter.
 */
export class Registration {
  #servers: NameServer[]
  #timer: Timer | undefined
  #stopChanges: (() => void) | undefined
  #planned = false
  #closed = false

  constructor(
    private readonly ports: { clock: Clock; logger: Logger; client: RemotingClient },
    private readonly config: RunningConfig,
    private readonly topics: Topics,
    private readonly address: () => RegisteredAddress,
  ) {
    this.#servers = nameServersOf(config.namesrvAddr).map(newServer)
  }

  /** Resolves when every name server was tried once. */
  async start(): Promise<void> {
    if (this.#closed) return
    const periodMs = Math.min(60_000, Math.max(10_000, this.config.registerNameServerPeriod))
    this.#timer = this.ports.clock.every(periodMs, () => void this.#registerAll(this.config.forceRegister))
    this.#stopChanges = this.topics.onChange(() => this.changed())
    await this.#registerAll(true)
  }

  /** `namesrvAddr` is another list: who is new on it is told, who is on it no more is left alone. */
  nameServersChanged(): void {
    const before = this.#servers
    const addresses = nameServersOf(this.config.namesrvAddr)
    this.#servers = addresses.map((address) => before.find((one) => one.address === address) ?? newServer(address))
    for (const server of before) if (!this.#servers.includes(server)) server.retry?.cancel()
    this.changed()
  }

  /** Registers at the end of this turn. */
  changed(): void {
    if (this.#planned) return
    this.#planned = true
    this.ports.clock.endOfTurn(() => {
      this.#planned = false
      void this.#registerAll(true)
    })
  }

  /** Takes the broker out of all name servers, as far as they answer. */
  async close(): Promise<void> {
    this.#closed = true
    const wasStarted = this.#timer !== undefined
    this.#timer?.cancel()
    this.#stopChanges?.()
    for (const server of this.#servers) server.retry?.cancel()
    if (wasStarted) await Promise.all(this.#servers.map((server) => this.#unregister(server)))
  }

  async #registerAll(forced: boolean): Promise<void> {
    await Promise.all(this.#servers.map((server) => this.#register(server, forced)))
  }

  async #register(server: NameServer, forced: boolean): Promise<void> {
    if (this.#closed) return
    server.again = true
    server.forced ||= forced
    if (server.busy) return
    server.busy = true
    server.retry?.cancel()
    try {
      while (server.again && !this.#closed) {
        server.again = false
        const isDue = server.forced || (await this.#hasNews(server))
        server.forced = false
        if (isDue) await this.#registerOnce(server)
      }
      this.#succeeded(server)
    } catch (error) {
      this.#failed(server, error)
    } finally {
      server.busy = false
    }
  }

  /** Has the name server another version of the topics than this broker, or none? */
  async #hasNews(server: NameServer): Promise<boolean> {
    const header = brokerIdentityRequest.encode(this.#identity())
    const body = encodeDataVersion(this.topics.dataVersion)
    const answer = await this.#call(server, requestCommand(RequestCode.QUERY_DATA_VERSION, header, body))
    return queryDataVersionResponse.decode(answer.extFields).changed
  }

  async #registerOnce(server: NameServer): Promise<void> {
    const { compressedRegister } = this.config
    const dataVersion = this.topics.dataVersion
    const body = encodeRegisterBrokerBody(
      { topicConfigSerializeWrapper: { dataVersion, topicConfigTable: this.#topicTable() }, filterServerList: [] },
      compressedRegister,
    )
    const header = registerBrokerRequest.encode({
      ...this.#identity(),
      haServerAddr: this.address().haServerAddr,
      compressed: compressedRegister,
      bodyCrc32: crc32(body),
    })
    const answer = await this.#call(server, requestCommand(RequestCode.REGISTER_BROKER, header, body))
    if (answer.body !== undefined) this.#takeOrderedTopics(answer.body)
  }

  async #call(server: NameServer, command: RemotingCommand): Promise<ReceivedCommand> {
    const timeoutMs = this.config.registerBrokerTimeoutMills
    const answer = await this.ports.client.call(server.address, command, { timeoutMs })
    if (answer.code !== ResponseCode.SUCCESS) throw new Error(`it answered ${answer.code} ${answer.remark ?? ''}`)
    return answer
  }

  /** A name server knows which topics are to be kept in order. */
  #takeOrderedTopics(body: Uint8Array): void {
    const ordered = Object.keys(decodeKVTable(body).table)
    if (ordered.length > 0) this.topics.setOrdered(new Set(ordered))
  }

  /** A broker that may not be read or written says so for all its topics. */
  #topicTable(): Map<string, TopicConfig> {
    const { brokerPermission } = this.config
    const all = this.topics.all()
    if (isReadable(brokerPermission) && isWritable(brokerPermission)) return new Map(all)
    return new Map([...all].map(([topic, config]) => [topic, { ...config, perm: brokerPermission & readWrite }]))
  }

  #identity() {
    const { brokerName, brokerClusterName, brokerId } = this.config
    return { brokerName, brokerAddr: this.address().brokerAddr, clusterName: brokerClusterName, brokerId }
  }

  #succeeded(server: NameServer): void {
    if (server.failures > 0) {
      this.ports.logger.info({ namesrv: server.address }, `registered with name server ${server.address} again`)
    }
    server.failures = 0
  }

  #failed(server: NameServer, error: unknown): void {
    if (this.#closed || !this.#servers.includes(server)) return
    const waitMs = Math.min(30_000, retryFirstMs * 2 ** server.failures++)
    const cause = error instanceof Error ? error.message : String(error)
    this.ports.logger.warn(
      { namesrv: server.address },
      `not registered with name server ${server.address}: ${cause}; the next try is in ${waitMs} ms`,
    )
    server.retry = this.ports.clock.after(waitMs, () => void this.#register(server, true))
  }

  async #unregister(server: NameServer): Promise<void> {
    const command = requestCommand(RequestCode.UNREGISTER_BROKER, brokerIdentityRequest.encode(this.#identity()))
    try {
      await this.ports.client.call(server.address, command, { timeoutMs: 1000 })
    } catch (error) {
      this.ports.logger.info(
        { namesrv: server.address },
        `not taken out of name server ${server.address}, which drops it by itself: ${String(error)}`,
      )
    }
  }
}

const newServer = (address: string): NameServer => ({
  address,
  failures: 0,
  busy: false,
  again: false,
  forced: false,
  retry: undefined,
})

/** Addresses of a list such as `10.0.0.1:9876;10.0.0.2:9876`. */
export const nameServersOf = (list: string | undefined): string[] =>
  (list ?? '')
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one !== '')
