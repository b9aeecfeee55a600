import { join, resolve } from 'node:path'
import { formatAddress, silentLogger, type ConnectOptions, type Io, type Logger, type TlsServerOptions } from '@mq/io'
import { nodeIo } from '@mq/io/node'
import { NameServer } from '@mq/namesrv'
import type { MessageStore, RecoveryProgress, StoreEngine } from '@mq/store'
import { startBrokerServer, type BrokerServer } from './broker-server.js'
import { brokerSettings } from './config/broker-settings.js'
import { reachableHost } from './config/loopback.js'
import { requireGuard } from './config/open-listener.js'

export interface LocalClusterOptions {
  /** Folder of all data; made when missing. Not needed with `memory`. */
  directory?: string
  /** Keep everything in memory; nothing is left when it ends. Default false. */
  memory?: boolean
  /** Makes the broker's store, in a folder `store` of `directory`. Default: RocketMQ's own files. */
  engine?: StoreEngine
  /** Address to listen on. Default 127.0.0.1, which only this machine reaches; others need access control or `insecure`. */
  host?: string
  /** Let in whoever reaches `host`. Default false. */
  insecure?: boolean
  /** 0 takes a free one. Default 9876. */
  namesrvPort?: number
  /** 0 takes a free one. Default 10911. */
  brokerPort?: number
  /** Further keys of a RocketMQ `broker.conf`. */
  brokerConfig?: Readonly<Record<string, string>>
  /** TLS on all ports, and towards the name server. Default: none. */
  tls?: { server: TlsServerOptions; client?: ConnectOptions['tls'] }
  /** Default: silent. */
  logger?: Logger
  /** Told once a second how far a recovery of the store is that takes longer. */
  onRecovery?: (progress: RecoveryProgress) => void
  /** Default: the real world. */
  io?: Io
}

export interface LocalCluster {
  /** `host:port`: what clients are given. */
  readonly namesrv: string
  readonly brokerAddress: string
  readonly brokerName: string
  readonly clusterName: string
  /** Undefined with `memory`. */
  readonly directory: string | undefined
  readonly acknowledges: MessageStore['acknowledges']
  /** Stops accepting, makes everything last, closes all connections. */
  close(): Promise<void>
}

/**
 * A name server and a broker in this process.
 *
 *     const cluster = await startLocalCluster({ memory: true, namesrvPort: 0, brokerPort: 0 })
 *     const producer = new Producer({ namesrv: cluster.namesrv })
 *
 * Rejects with `IoError` (port taken, folder not writable) or `StoreError` (folder in use), with everything closed again.
 */
export async function startLocalCluster(options: LocalClusterOptions = {}): Promise<LocalCluster> {
  const { io = nodeIo(), logger = silentLogger, memory = false, host = '127.0.0.1' } = options
  requireGuard({
    ...{ host, tls: options.tls?.server ?? { mode: 'disabled' }, acl: options.brokerConfig?.['aclEnable'] === 'true' },
    ...{ insecure: options.insecure, insecureBy: 'insecure: true' },
  })
  const directory = memory ? undefined : resolve(options.directory ?? 'mq-data')
  const nameServer = new NameServer({
    io,
    logger: logger.child({ part: 'namesrv' }),
    tls: options.tls?.server,
    config: {
      listenPort: options.namesrvPort ?? 9876,
      bindAddress: host,
      kvConfigPath: directory && join(directory, 'namesrv', 'kvConfig.json'),
    },
  })
  const listening = await nameServer.start()
  const namesrv = formatAddress({ host: reachableHost(host), port: listening.port })
  try {
    const server = await startBroker(options, { io, logger, memory, host, namesrv, directory })
    return {
      namesrv,
      brokerAddress: server.advertisedAddress,
      brokerName: server.brokerName,
      clusterName: server.broker.config.brokerClusterName,
      directory,
      acknowledges: server.acknowledges,
      async close() {
        await server.close()
        await nameServer.close()
      },
    }
  } catch (error) {
    await nameServer.close()
    throw error
  }
}

interface Place {
  io: Io
  logger: Logger
  memory: boolean
  host: string
  namesrv: string
  directory: string | undefined
}

function startBroker(options: LocalClusterOptions, place: Place): Promise<BrokerServer> {
  // A cluster of one's own is for all that clients can do; a broker alone follows Apache's default.
  const entries = new Map(Object.entries({ enablePropertyFilter: 'true', ...options.brokerConfig }))
  const ours = {
    namesrvAddr: place.namesrv,
    bindAddress: place.host,
    listenPort: String(options.brokerPort ?? 10_911),
    brokerName: entries.get('brokerName') ?? 'broker-a',
    storePathRootDir: join(place.directory ?? '/', 'store'),
  }
  const { settings, problems } = brokerSettings(new Map([...entries, ...Object.entries(ours)]), place.io.host)
  const wrong = problems.filter(({ kind }) => kind === 'value' || kind === 'unknown')
  if (wrong.length > 0) throw new Error(wrong.map(({ message }) => message).join('; '))
  const { tls, engine, onRecovery } = options
  return startBrokerServer(settings, { ...place, engine, tls: tls?.server, clientTls: tls?.client, onRecovery })
}
