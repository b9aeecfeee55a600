import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Credentials } from '@mq/client'
import { IoError, silentLogger, type Address, type ConnectOptions, type Io, type Logger } from '@mq/io'
import type { ClusterSource } from './cluster-source.js'
import { handleRequest } from './http/handle-request.js'
import { builtAppDirectory, StaticFiles } from './http/static-files.js'
import type { loadApi } from './load-api.js'

export interface ConsoleOptions {
  /** Name servers of the cluster to show: `host:9876`, several separated by `;` or as a list. */
  namesrv: string | readonly string[]
  /** Address to listen at. Default `127.0.0.1`; beyond loopback with `insecure` only. */
  host?: string
  /** Let in whoever reaches `host`: there is no login. Default false. */
  insecure?: boolean
  /** Signs the requests, for brokers with access control. */
  credentials?: Credentials
  /** Reach name servers and brokers with TLS. Default: plain. */
  tls?: ConnectOptions['tls']
  /** Default 8080; 0: any that is free. */
  port?: number
  /** Names, besides `localhost`, `host` and addresses, under which it may be opened: those of a reverse proxy. */
  allowedHosts?: readonly string[]
  /** Default: says nothing. */
  logger?: Logger
  /** Shown in the pages. */
  version?: string
  /** The outside world of the client. Default: the real one. */
  io?: Io
  /** What is shown instead of the cluster at `namesrv`. */
  source?: () => ClusterSource
  /** Where the built pages are. Default: where the build of this package puts them. */
  appDirectory?: string
}

export interface Console {
  readonly address: Address
  /** Ends the streams, closes connections and client. May be called several times. */
  close(): Promise<void>
}

/**
 * Listens, and does nothing else until somebody comes: pages and client are loaded by the first request. Rejects with
 * `IoError` (`ADDRESS_IN_USE`, …).
 *
 * The console speaks HTTP by `node:http` itself and not over the network port of `@mq/io`: browsers are no part of a
 * simulated cluster, and a home-made HTTP server would be worse than Node's. What it knows of time and of the cluster
 * comes by `Io` as everywhere.
 */
export async function startConsole(options: ConsoleOptions): Promise<Console> {
  const { host = '127.0.0.1', port = 8080, logger = silentLogger, version = '', insecure = false } = options
  if (!insecure && !isLoopback(host)) throw new IoError('NOT_PERMITTED', openRefused(host))
  let api: ReturnType<typeof loadApi> | undefined
  const context = {
    files: new StaticFiles(options.appDirectory ?? builtAppDirectory()),
    api: () => (api ??= import('./load-api.js').then((it) => it.loadApi({ ...options, version, logger }))),
    allowedHosts: new Set(['localhost', host, ...(options.allowedHosts ?? [])].map((name) => name.toLowerCase())),
    logger,
  }
  const server = createServer(limits, (request, response) => void handleRequest(context, request, response))
  await listen(server, host, port)
  if (!isLoopback(host)) logger.warn({ host }, 'the console has no login: whoever reaches this address can use it')
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    await closed
    await api?.then(({ backend }) => backend.close())
  }
  let closing: Promise<void> | undefined
  return { address: addressOf(server), close: () => (closing ??= close()) }
}

const openRefused = (host: string): string =>
  `the console has no login, and listening on ${host} would let in anybody on the network: say insecure: true (--insecure) if they may, or put a proxy with a login in front of 127.0.0.1`

/** A browser that sends its request byte by byte shall not hold a connection for ever. */
const limits = { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16 * 1024 }

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen({ host, port }, resolve)
  })
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): IoError {
  const place = `${host}:${port}`
  const options = { cause: error }
  if (error.code === 'EADDRINUSE')
    return new IoError(
      'ADDRESS_IN_USE',
      `console port ${place} is taken: choose another, or stop what listens there`,
      options,
    )
  if (error.code === 'EACCES')
    return new IoError('NOT_PERMITTED', `console port ${place} needs more rights: choose one from 1024 on`, options)
  return new IoError('ADDRESS_NOT_AVAILABLE', `the console cannot listen at ${place}: ${error.message}`, options)
}

function addressOf(server: Server): Address {
  const { address, port } = server.address() as AddressInfo
  return { host: address, port }
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.')
