import { silentLogger, type ConnectOptions, type Io, type Logger } from '@mq/io'
import { requestSigner, type Credentials } from '@mq/protocol'
import { createRemotingClient } from '@mq/remoting'
import { defaultIo } from '../default-io.js'
import { ClientError } from '../errors.js'
import { clientIdOf } from './client-id.js'
import { ClientInstance } from './client-instance.js'
import { parseNamesrv } from './name-servers.js'

/** What every client of this package is told. */
export interface ConnectionOptions {
  /** Name servers: `host:9876`, several separated by `;` or as a list. */
  namesrv: string | readonly string[]
  /** Connect with TLS. `true`: with the system's certificate authorities. Default: plain. */
  tls?: boolean | ConnectOptions['tls']
  /** Signs every request, for clusters with access control (`AclClientRPCHook`). Default: nothing is signed. */
  credentials?: Credentials
  /** Shaped like pino. Default: says nothing. */
  logger?: Logger
  /** The outside world. Default: the real one; tests hand in a simulated one. */
  io?: Io
  /** Second half of the client id, which must differ between processes of a machine. Default: process id and a random part. */
  instanceName?: string
  /**
   * The whole client id, instead of one made of address and `instanceName`. A consumer that is started again under the same
   * one gets the same queues. Must differ between all clients of a group.
   */
  clientId?: string
  /** Keeps topics and groups apart from those of others: `Orders` is `namespace%Orders` to the brokers. Default: none. */
  namespace?: string
  /** Added to the client id, so that clients of several units (sites) can be told apart (`ClientConfig.unitName`). */
  unitName?: string
  /** Says that messages and retry topics belong to one unit only (`ClientConfig.unitMode`). Default false. */
  unitMode?: boolean
  /** Milliseconds for making a connection. Default 3000. */
  connectTimeoutMs?: number
}

/** One user's hold on an instance. */
export interface InstanceLease {
  readonly instance: ClientInstance
  /** The last one to let go closes it. */
  release(): Promise<void>
}

interface Shared {
  instance: ClientInstance
  users: number
}

/** By world, so that simulated machines share nothing. */
const worlds = new WeakMap<Io, { shared: Map<string, Shared>; defaultName: string }>()

/**
 * Producers and consumers to the same name servers share one instance, unless `accepts` refuses it: a consumer group may
 * live only once in a client, a second consumer of it in the same process gets an instance, and so a client id, of its own.
 */
export function leaseInstance(
  options: ConnectionOptions,
  accepts: (instance: ClientInstance) => boolean = () => true,
): InstanceLease {
  const io = options.io ?? defaultIo()
  const namesrv = parseNamesrv(options.namesrv)
  const world = worldOf(io)
  const baseName = options.instanceName ?? world.defaultName
  for (let copy = 1; ; copy++) {
    const instanceName = copy === 1 ? baseName : `${baseName}#${copy}`
    const clientId = options.clientId ?? clientIdOf(io, instanceName, options.unitName)
    const key = JSON.stringify([namesrv, options.tls, options.credentials, options.connectTimeoutMs, clientId])
    const shared = world.shared.get(key)
    if (shared && !accepts(shared.instance)) {
      if (options.clientId === undefined) continue
      const problem = `client id '${clientId}' is taken by a consumer of the same group in this process`
      throw new ClientError('OPTION_INVALID', problem)
    }
    const held = shared ?? { instance: makeInstance(io, namesrv, clientId, options), users: 0 }
    world.shared.set(key, held)
    return lease(world.shared, key, held)
  }
}

function worldOf(io: Io) {
  let world = worlds.get(io)
  if (world === undefined) {
    const random = io.random.uint32().toString(16).padStart(8, '0')
    // Process ids alone repeat between containers on one address.
    worlds.set(io, (world = { shared: new Map(), defaultName: `${io.host.pid}-${random}` }))
  }
  return world
}

function makeInstance(io: Io, namesrv: string[], clientId: string, options: ConnectionOptions): ClientInstance {
  const logger = options.logger ?? silentLogger
  const tls = options.tls === true ? {} : options.tls === false ? undefined : options.tls
  const remoting = createRemotingClient({
    io,
    logger,
    tls,
    sign: options.credentials && requestSigner(checked(options.credentials)),
    connectTimeoutMs: options.connectTimeoutMs,
  })
  return new ClientInstance({ io, logger, remoting, namesrv, clientId })
}

function checked(credentials: Credentials): Credentials {
  const { accessKey, secretKey } = credentials
  if (typeof accessKey === 'string' && accessKey !== '' && typeof secretKey === 'string' && secretKey !== '')
    return credentials
  throw new ClientError('OPTION_INVALID', "option 'credentials' must have an accessKey and a secretKey, both text")
}

function lease(all: Map<string, Shared>, key: string, held: Shared): InstanceLease {
  held.users++
  let released = false
  return {
    instance: held.instance,
    async release() {
      if (released) return
      released = true
      if (--held.users > 0) return
      if (all.get(key) === held) all.delete(key)
      await held.instance.close()
    },
  }
}
