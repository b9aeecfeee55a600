import { silentLogger, type Address, type Io, type Logger, type Timer, type TlsServerOptions } from '@mq/io'
import { RemotingServer } from '@mq/remoting'
import { namesrvConfigTable, type NamesrvConfig } from './config-table.js'
import { KvConfig } from './kv-config.js'
import type { NamesrvState } from './namesrv-state.js'
import { processors } from './processors/index.js'
import { RouteTable, type BrokerIdentity } from './route-table.js'

export interface NameServerOptions {
  io: Io
  /** Default: silent. */
  logger?: Logger
  /** What differs from the defaults of `namesrvConfigTable`. */
  config?: Partial<NamesrvConfig>
  /** Default: no TLS. */
  tls?: TlsServerOptions
}

const expiryScanMs = 10_000

/**
 * A RocketMQ name server: brokers tell it what they have, clients ask it where a topic is. Name servers do not know of
 * each other; brokers register with each.
 *
 *     const nameServer = new NameServer({ io: nodeIo(), config: { listenPort: 9876 } })
 *     const { port } = await nameServer.start()
 */
export class NameServer {
  readonly #io: Io
  readonly #logger: Logger
  readonly #state: NamesrvState
  readonly #server: RemotingServer
  readonly #tls: TlsServerOptions | undefined
  #scan: Timer | undefined

  constructor({ io, logger = silentLogger, config = {}, tls }: NameServerOptions) {
    this.#io = io
    this.#logger = logger
    this.#tls = tls
    const given = Object.entries(config).filter(([, value]) => value !== undefined)
    const settings: NamesrvConfig = { ...namesrvConfigTable.defaults(), ...Object.fromEntries(given) }
    const kv = new KvConfig(io.disk, settings.kvConfigPath, logger)
    this.#state = { routes: new RouteTable(), kv, clock: io.clock, logger, config: settings }
    this.#server = new RemotingServer({ io, logger, idleMs: settings.serverChannelMaxIdleTimeSeconds * 1000 })
    for (const [code, processor] of processors) {
      this.#server.handle(code, (request, channel) => processor(this.#state, request, channel))
    }
    this.#server.onChannelClosed((channel) =>
      this.#tell(this.#state.routes.channelClosed(channel.id), 'its connection closed'),
    )
  }

  /** Routes as they are known now, for consoles and tests. */
  get routes(): RouteTable {
    return this.#state.routes
  }

  /** Listens. Rejects with `IoError` when the port is taken, with `ProtocolError` `CONFIG` when the kv file cannot be read. */
  async start(): Promise<Address> {
    this.#state.kv.load()
    const { bindAddress: host, listenPort: port } = this.#state.config
    const address = await this.#server.listen({ host, port, tls: this.#tls })
    this.#scan = this.#io.clock.every(expiryScanMs, () => this.#expire())
    return address
  }

  async close(): Promise<void> {
    this.#scan?.cancel()
    await this.#server.close()
  }

  #expire(): void {
    this.#tell(this.#state.routes.expire(this.#io.clock.monotonic()), 'it was not heard of for two minutes')
  }

  #tell(gone: BrokerIdentity[], why: string): void {
    for (const { brokerName, brokerAddr } of gone) {
      this.#logger.warn({ brokerName, brokerAddr }, `broker ${brokerName} at ${brokerAddr} is gone: ${why}`)
    }
  }
}
