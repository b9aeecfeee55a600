import net from 'node:net'
import tls from 'node:tls'
import { formatAddress } from '../address.js'
import { type Connection, type ConnectOptions, IoError, type TlsClientOptions } from '../ports.js'
import { NodeConnection } from './connection.js'
import { ioError } from './errors.js'
import type { Guard } from './guard.js'
import { socketOptions } from './socket-options.js'
import { checkAuthorities, ownProblem } from './tls-problems.js'

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
    secureContext: secureContext(wanted),
    rejectUnauthorized: wanted.rejectUnauthorized ?? true,
    servername: serverName,
  })
  return socket.setNoDelay(true).setKeepAlive(true, socketOptions.keepAliveInitialDelay)
}

export const checkTls = (wanted: TlsClientOptions): void => void secureContext(wanted)

/** @throws IoError `TLS_FAILED` */
function secureContext({ ca, key, cert, passphrase }: TlsClientOptions): tls.SecureContext {
  try {
    checkAuthorities(ca)
    return tls.createSecureContext({ ca, key, cert, passphrase })
  } catch (error) {
    const problem = ownProblem(error, 'client', { key, passphrase })
    throw new IoError('TLS_FAILED', `cannot connect with TLS: key or certificate is unusable: ${problem}`, {
      cause: error,
    })
  }
}

function timedOut(tried: string, timeoutMs: number): IoError {
  return new IoError(
    'CONNECT_TIMEOUT',
    `${tried}: no answer within ${timeoutMs} ms. Check the address, the network and firewalls`,
  )
}
