import net from 'node:net'
import tls from 'node:tls'
import { formatAddress } from '../address.js'
import { type Connection, type ConnectOptions, IoError } from '../ports.js'
import { NodeConnection } from './connection.js'
import { ioError } from './errors.js'
import type { Guard } from './guard.js'
import { socketOptions } from './socket-options.js'

const CONNECT_TIMEOUT_MS = 3000

/** Resolves when the connection is usable: with TLS, after the handshake. */
export function connect(options: ConnectOptions, guard: Guard): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const { timeoutMs = CONNECT_TIMEOUT_MS, signal } = options
    const tried = `cannot connect to ${formatAddress(options)}`
    if (signal?.aborted) return reject(new IoError('ABORTED', `${tried}: aborted before it began`))
    let socket: net.Socket
    try {
      socket = open(options)
    } catch (error) {
      return reject(ioError(tried, error))
    }
    const timer = setTimeout(() => fail(timedOut(tried, timeoutMs)), timeoutMs)
    const abort = (): void => fail(new IoError('ABORTED', `${tried}: aborted`))
    const settled = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
      socket.off('error', fail).off('close', closed)
    }
    const fail = (error: Error): void => {
      settled()
      socket.on('error', () => {}) // A second error of a socket that is given up concerns nobody.
      socket.destroy()
      reject(ioError(tried, error))
    }
    const closed = (): void => fail(new IoError('CONNECTION_CLOSED', `${tried}: the peer closed it at once`))
    signal?.addEventListener('abort', abort, { once: true })
    socket.on('error', fail).on('close', closed)
    socket.once(options.tls ? 'secureConnect' : 'connect', () => {
      settled()
      resolve(new NodeConnection(socket, options.tls !== undefined, guard))
    })
  })
}

function open({ host, port, tls: wanted }: ConnectOptions): net.Socket {
  if (!wanted) return net.connect({ host, port, ...socketOptions })
  const serverName = wanted.serverName ?? (net.isIP(host) ? undefined : host)
  const socket = tls.connect({
    host,
    port,
    ca: wanted.ca,
    key: wanted.key,
    cert: wanted.cert,
    passphrase: wanted.passphrase,
    rejectUnauthorized: wanted.rejectUnauthorized ?? true,
    servername: serverName,
  })
  return socket.setNoDelay(true).setKeepAlive(true, socketOptions.keepAliveInitialDelay)
}

function timedOut(tried: string, timeoutMs: number): IoError {
  return new IoError(
    'CONNECT_TIMEOUT',
    `${tried}: no answer within ${timeoutMs} ms. Check the address, the network and firewalls`,
  )
}
