import net from 'node:net'
import { formatAddress } from '../address.js'
import type { Address, Connection, Listener, ListenOptions, TlsServerOptions } from '../ports.js'
import { plainHost } from './connection.js'
import { ioError } from './errors.js'
import type { Guard } from './guard.js'
import { socketOptions } from './socket-options.js'
import { createDoorkeeper, type Doorkeeper } from './tls-server.js'

/** Connections the system keeps waiting while this process is busy, as RocketMQ's `SO_BACKLOG`. */
const BACKLOG = 1024

export async function listen(
  options: ListenOptions,
  accept: (connection: Connection) => void,
  guard: Guard,
): Promise<Listener> {
  const doorkeeper = createDoorkeeper(options, accept, guard)
  const server = net.createServer(socketOptions, doorkeeper.admit)
  await bind(server, options)
  // The system's refusals to accept (too many open files) concern connections to come, not those that are open.
  server.on('error', (error) => options.onRefused?.(options, ioError('cannot accept a connection', error).message))
  return new NodeListener(server, doorkeeper)
}

function bind(server: net.Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => reject(ioError(`cannot listen on ${formatAddress({ host, port })}`, error))
    server.once('error', failed)
    try {
      server.listen({ host, port, backlog: BACKLOG }, () => {
        server.off('error', failed)
        resolve()
      })
    } catch (error) {
      failed(error as Error)
    }
  })
}

class NodeListener implements Listener {
  readonly address: Address
  #closed = false

  constructor(
    private readonly server: net.Server,
    private readonly doorkeeper: Doorkeeper,
  ) {
    const { address, port } = server.address() as net.AddressInfo
    this.address = { host: plainHost(address), port }
  }

  renewTls(tls: TlsServerOptions): void {
    this.doorkeeper.renew(tls)
  }

  /** Node's own callback waits for all open connections too; the port is free before. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.server.close()
    this.doorkeeper.close()
    await new Promise((resolve) => setImmediate(resolve))
  }
}
