import { Broker, brokerConfigRows, type BrokerConfig, type BrokerOptions } from '@mq/broker'
import type { Address, ConnectOptions, Io, Logger, TlsServerOptions } from '@mq/io'
import {
  createFileStore,
  createMemoryStore,
  storeConfigTable,
  type EngineOptions,
  type MessageStore,
  type RecoveryProgress,
  type StoreConfig,
  type StoreEngine,
} from '@mq/store'
import type { BrokerSettings } from './config/broker-settings.js'
import { reachableHost } from './config/loopback.js'

export interface BrokerServer {
  /** What it listens on. */
  readonly address: Address
  /** What clients are told, `host:port`. */
  readonly advertisedAddress: string
  readonly brokerName: string
  readonly acknowledges: MessageStore['acknowledges']
  readonly broker: Broker
  close(): Promise<void>
}

export interface BrokerPlace {
  io: Io
  logger: Logger
  memory?: boolean
  /** Makes the store. Default: RocketMQ's files, or memory. */
  engine?: StoreEngine
  /** Default: none. */
  tls?: TlsServerOptions
  /** Towards name servers. Default: plain. */
  clientTls?: ConnectOptions['tls']
  /** Asks an address server. Default: it is not asked. */
  fetchText?: BrokerOptions['fetchText']
  /** Told once a second how far a long recovery of the store is. */
  onRecovery?: (progress: RecoveryProgress) => void
}

/** A broker on its store. Rejects with `IoError` or `StoreError`, with everything closed again. */
export async function startBrokerServer(settings: BrokerSettings, place: BrokerPlace): Promise<BrokerServer> {
  const { io, logger, tls, clientTls, fetchText } = place
  const config: StoreConfig = { ...storeConfigTable.defaults(), ...only<StoreConfig>(settings, storeConfigTable.rows) }
  const store = createStore(place, {
    io,
    logger: logger.child({ part: 'store' }),
    directory: settings.storePathRootDir,
    storeHost: { host: ipOf(settings), port: settings.listenPort },
    config,
    reservedHours: () => config.fileReservedTime,
  })
  const broker = new Broker({
    io,
    store,
    logger: logger.child({ part: 'broker' }),
    tls,
    clientTls,
    fetchText,
    config: only<BrokerConfig>(settings, brokerConfigRows),
    describeMore: () => storeConfigTable.print(config),
    changeMore: (entries) => changeStoreConfig(config, entries),
  })
  const { address } = await broker.start()
  return {
    address,
    advertisedAddress: broker.advertisedAddress,
    brokerName: settings.brokerName,
    acknowledges: store.acknowledges,
    broker,
    close: () => broker.close(),
  }
}

function createStore({ engine, memory, onRecovery }: BrokerPlace, options: EngineOptions): MessageStore {
  if (engine) return engine(options)
  return memory ? createMemoryStore(options) : createFileStore({ ...options, onRecovery })
}

/** UPDATE_BROKER_CONFIG for the store's keys: all of them, or none and what is wrong with them. */
function changeStoreConfig(config: StoreConfig, entries: ReadonlyMap<string, string>): string[] {
  const changed = storeConfigTable.change(config, entries)
  if (changed.problems.length === 0) Object.assign(config, changed.config)
  return changed.problems.map(({ message }) => message)
}

/** The address in message ids, until the broker has settled its own: an IP address always. */
function ipOf({ brokerIP1, bindAddress }: BrokerSettings): string {
  const host = brokerIP1 ?? reachableHost(bindAddress)
  return /^[\d.]+$|:/.test(host) ? host : '127.0.0.1'
}

const only = <Config>(settings: BrokerSettings, rows: Readonly<Record<string, unknown>>): Config =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => Object.hasOwn(rows, key))) as Config
