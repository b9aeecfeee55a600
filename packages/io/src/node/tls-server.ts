import type { Socket } from 'node:net'
import tls from 'node:tls'
import { formatAddress } from '../address.js'
import { type Address, type Connection, IoError, type ListenOptions, type TlsServerOptions } from '../ports.js'
import { NodeConnection, plainHost } from './connection.js'
import { messageOf } from './errors.js'
import type { Guard } from './guard.js'
import { checkAuthorities, ownProblem, peerProblem } from './tls-problems.js'

/** First byte of a TLS hello. As the first byte of a RocketMQ frame it would announce 352 MiB, far over every limit. */
const TLS_HANDSHAKE = 0x16

/** As long as RocketMQ lets a connection be idle (`serverChannelMaxIdleTimeSeconds`). */
const FIRST_BYTE_MS_MAX = 120_000
const HANDSHAKE_MS_MAX = 10_000

/** Decides for each new socket of a listener, by its first byte, whether it becomes a connection and of which kind. */
export interface Doorkeeper {
  admit: (socket: Socket) => void
  /** @throws IoError `TLS_FAILED`. */
  renew: (tls: TlsServerOptions) => void
  /** Drops the sockets that are not yet connections. */
  close: () => void
}

export function createDoorkeeper(
  options: ListenOptions,
  accept: (connection: Connection) => void,
  guard: Guard,
): Doorkeeper {
  const { tls: wanted, onRefused } = options
  const refuse = (socket: Socket, reason: string): void => {
    const remote: Address = { host: plainHost(socket.remoteAddress), port: socket.remotePort ?? 0 }
    socket.destroy()
    if (onRefused) guard.call(() => onRefused(remote, reason))
  }
  const open = (socket: Socket, secure: boolean): NodeConnection => {
    const connection = new NodeConnection(socket, secure, guard)
    if (!socket.destroyed) guard.callWith(accept, connection)
    return connection
  }
  if (!wanted || wanted.mode === 'disabled') return plainDoor(open, refuse)
  const serverOf = (tls: TlsServerOptions) => createTlsServer(options, tls, open, refuse)
  return tlsDoor(wanted, serverOf, open, refuse)
}

type Open = (socket: Socket, secure: boolean) => NodeConnection
type Refuse = (socket: Socket, reason: string) => void

/** Hands every socket over at once, and cuts those whose first bytes are a TLS hello. */
function plainDoor(open: Open, refuse: Refuse): Doorkeeper {
  const admit = (socket: Socket): void => {
    // Paused first: listening for 'data' starts the reading, which must wait until the connection's owner listens too.
    socket.pause()
    socket.once('data', (bytes: Buffer) => {
      if (bytes[0] !== TLS_HANDSHAKE) return
      connection.destroy()
      refuse(socket, 'it speaks TLS, but TLS is switched off on this port')
    })
    const connection = open(socket, false)
  }
  return { admit, renew: () => {}, close: () => {} }
}

type ServerOf = (wanted: TlsServerOptions) => tls.Server | undefined

function tlsDoor(wanted: TlsServerOptions, serverOf: ServerOf, open: Open, refuse: Refuse): Doorkeeper {
  const waiting = new Set<Socket>()
  let server = serverOf(wanted)
  const shakeLater = lateHandshakes(wanted, serverOf, refuse)
  const decide = (socket: Socket): void => {
    const first: Buffer | null = socket.read()
    if (first === null) return void socket.destroy()
    socket.unshift(first)
    if (first[0] !== TLS_HANDSHAKE) {
      if (wanted.mode === 'permissive') open(socket, false)
      else refuse(socket, 'it does not speak TLS, and this port takes nothing else (tls.server.mode=enforcing)')
    } else if (server) server.emit('connection', socket)
    else if (shakeLater) shakeLater(socket)
    else refuse(socket, 'it speaks TLS, but this port has no certificate (tls.server.certPath, tls.server.keyPath)')
  }
  const admit = (socket: Socket): void => {
    waiting.add(socket)
    const silent = setTimeout(() => socket.destroy(), FIRST_BYTE_MS_MAX).unref()
    const seen = (): void => {
      clearTimeout(silent)
      waiting.delete(socket)
    }
    socket.on('error', () => {})
    socket.once('close', seen)
    socket.once('readable', () => {
      seen()
      decide(socket)
    })
  }
  return {
    admit,
    renew: (tls) => (server = serverOf(tls)),
    close: () => waiting.forEach((socket) => socket.destroy()),
  }
}

/** Handshakes with a certificate that is made for the first of them; undefined when it is not to be made. */
function lateHandshakes(
  wanted: TlsServerOptions,
  serverOf: ServerOf,
  refuse: Refuse,
): ((socket: Socket) => void) | undefined {
  const { makeCertificate } = wanted
  if (makeCertificate === undefined) return undefined
  let making: Promise<tls.Server> | undefined
  return (socket) => {
    making ??= makeCertificate().then((made) => serverOf({ ...wanted, ...made })!)
    making.then(
      (server) => void (socket.destroyed || server.emit('connection', socket)),
      (error: unknown) => {
        making = undefined
        refuse(socket, `it speaks TLS, and no certificate could be made: ${messageOf(error)}`)
      },
    )
  }
}

/**
 * Does the handshakes, on sockets given to it; it never listens itself.
 *
 * @throws IoError `TLS_FAILED` when the key or the certificate is unusable, or missing in enforcing mode.
 */
function createTlsServer(
  address: Address,
  { mode, key, cert, ca, passphrase, makeCertificate, clientCertificate = 'none' }: TlsServerOptions,
  open: Open,
  refuse: Refuse,
): tls.Server | undefined {
  if (key === undefined || cert === undefined) {
    if (mode === 'permissive' || makeCertificate) return undefined
    throw new IoError(
      'TLS_FAILED',
      `cannot listen with TLS on ${formatAddress(address)}: key or certificate is missing`,
    )
  }
  try {
    checkAuthorities(ca)
    const server = tls.createServer({
      key,
      cert,
      ca,
      passphrase,
      requestCert: clientCertificate !== 'none',
      // Judged below: Node would close without saying why.
      rejectUnauthorized: false,
      handshakeTimeout: HANDSHAKE_MS_MAX,
    })
    const refused = (error: unknown, socket: Socket) =>
      refuse(socket, `its TLS handshake failed: ${peerProblem(error)}`)
    server.on('tlsClientError', refused)
    server.on('secureConnection', (socket) => {
      const problem = certificateProblem(socket, clientCertificate)
      if (problem === undefined) open(socket, true)
      else refused(problem, socket)
    })
    return server
  } catch (error) {
    const tried = `cannot listen with TLS on ${formatAddress(address)}: key or certificate is unusable`
    throw new IoError('TLS_FAILED', `${tried}: ${ownProblem(error, 'server', { key, passphrase })}`, { cause: error })
  }
}

/** What keeps a peer out that has shown its certificate, or none. */
function certificateProblem(
  socket: tls.TLSSocket,
  wanted: NonNullable<TlsServerOptions['clientCertificate']>,
): unknown {
  if (wanted === 'none' || socket.authorized) return undefined
  // An empty object stands for none.
  const isShown = Object.keys(socket.getPeerCertificate() ?? {}).length > 0
  if (!isShown) return wanted === 'optional' ? undefined : 'DID_NOT_RETURN_A_CERTIFICATE'
  return socket.authorizationError ?? 'UNABLE_TO_VERIFY_CERTIFICATE'
}
