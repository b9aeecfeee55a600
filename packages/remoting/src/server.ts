import {
  formatAddress,
  silentLogger,
  type Address,
  type Connection,
  type Io,
  type Listener,
  type Logger,
  type Timer,
  type TlsServerOptions,
} from '@mq/io'
import { ProtocolError, requestCodeName, ResponseCode, type Answer, type ReceivedCommand } from '@mq/protocol'
import { ServerChannel } from './channel.js'
import { defaultLinkLimits, Link, type LinkLimits } from './link.js'
import { renewTls } from './tls-renewal.js'
import { ResponseError, type Channel, type RequestHandler } from './types.js'

export interface RemotingServerOptions extends Partial<LinkLimits> {
  io: Io
  logger?: Logger
  /** A connection on which nothing moves this long is closed, ms. Default 120,000 (`serverChannelMaxIdleTimeSeconds`). */
  idleMs?: number
  /** Connections beyond are closed at once, with a log line. Default 65,536. */
  connectionsMax?: number
}

export interface ListenAt extends Address {
  tls?: TlsServerOptions
  /** Request codes not answered on this port (a broker's port `listenPort - 2` takes no pulls). */
  except?: ReadonlySet<number>
}

/**
 * Listens, and answers requests by a table from request code to handler.
 *
 *     const server = new RemotingServer({ io })
 *     server.handle(RequestCode.HEART_BEAT, (request, channel) => ({ code: ResponseCode.SUCCESS }))
 *     await server.listen({ host: '127.0.0.1', port: 10911 })
 */
export class RemotingServer {
  readonly #io: Io
  readonly #logger: Logger
  readonly #limits: LinkLimits
  readonly #idleMs: number
  readonly #connectionsMax: number
  readonly #handlers = new Map<number, RequestHandler>()
  readonly #channels = new Set<ServerChannel>()
  readonly #listeners: Listener[] = []
  readonly #watches: Timer[] = []
  readonly #closedListeners = new Set<(channel: Channel) => void>()
  #defaultHandler: RequestHandler = answerUnknownCode
  #idleScan: Timer | undefined
  #nextChannelId = 1
  #closing = false

  constructor(options: RemotingServerOptions) {
    this.#io = options.io
    this.#logger = options.logger ?? silentLogger
    this.#limits = { ...defaultLinkLimits, ...withoutUndefined(options) }
    this.#idleMs = options.idleMs ?? 120_000
    this.#connectionsMax = options.connectionsMax ?? 65_536
  }

  /** Channels that are open now. */
  get channels(): ReadonlySet<Channel> {
    return this.#channels
  }

  handle(code: number, handler: RequestHandler): void {
    this.#handlers.set(code, handler)
  }

  /** Takes the codes that have no handler. Unless set, they are answered REQUEST_CODE_NOT_SUPPORTED. */
  handleDefault(handler: RequestHandler): void {
    this.#defaultHandler = handler
  }

  /** Told of each channel that is gone, once. Returns the way to stop it. */
  onChannelClosed(listener: (channel: Channel) => void): () => void {
    this.#closedListeners.add(listener)
    return () => this.#closedListeners.delete(listener)
  }

  /** Starts to listen; port 0 takes a free one. May be called for several addresses. Rejects with `IoError`. */
  async listen(at: ListenAt): Promise<Address> {
    const listener = await this.#io.network.listen(
      {
        host: at.host,
        port: at.port,
        tls: at.tls,
        onRefused: (remote, reason) => {
          // A peer that has broken off has taken its address along.
          const peer = remote.host === '' ? 'a peer that is gone' : formatAddress(remote)
          this.#logger.warn({ peer: remote }, `connection of ${peer} refused: ${reason}`)
        },
      },
      (connection) => this.#accept(connection, at.except),
    )
    this.#listeners.push(listener)
    if (at.tls?.source) {
      const place = `to ${formatAddress(listener.address)}`
      const ports = { io: this.#io, logger: this.#logger }
      this.#watches.push(renewTls(ports, place, at.tls.source, (tls) => listener.renewTls(tls)))
    }
    this.#idleScan ??= this.#io.clock.every(Math.max(1000, this.#idleMs / 12), () => this.#closeIdle())
    return listener.address
  }

  /** Stops accepting connections; those that are open go on. */
  async stopAccepting(): Promise<void> {
    for (const watch of this.#watches.splice(0)) watch.cancel()
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()))
  }

  /** Stops accepting, sends what is waiting, closes all connections. */
  async close(): Promise<void> {
    this.#closing = true
    this.#idleScan?.cancel()
    await this.stopAccepting()
    for (const channel of [...this.#channels]) channel.close()
  }

  #accept(connection: Connection, except: ReadonlySet<number> | undefined): void {
    if (this.#closing || this.#channels.size >= this.#connectionsMax) {
      if (!this.#closing) this.#logger.warn({}, `connection refused: ${this.#connectionsMax} are open already`)
      connection.onClose = () => {}
      connection.destroy()
      return
    }
    const link = new Link(
      connection,
      this.#io,
      this.#logger,
      {
        onRequest: (request) => this.#dispatch(request, channel, except),
        onClosed: () => this.#forget(channel),
      },
      this.#limits,
    )
    const channel = new ServerChannel(this.#nextChannelId++, link)
    this.#channels.add(channel)
  }

  #forget(channel: ServerChannel): void {
    this.#channels.delete(channel)
    for (const listener of this.#closedListeners) listener(channel)
  }

  #dispatch(request: ReceivedCommand, channel: ServerChannel, except: ReadonlySet<number> | undefined): void {
    const known = except === undefined || !except.has(request.code)
    const handler = (known && this.#handlers.get(request.code)) || this.#defaultHandler
    try {
      const answer = handler(request, channel)
      if (answer === undefined) return
      if (answer instanceof Promise) void this.#answerLater(request, channel, answer)
      else channel.answer(request, answer)
    } catch (error) {
      channel.answer(request, this.#answerForError(request, error))
    }
  }

  async #answerLater(request: ReceivedCommand, channel: Channel, pending: Promise<Answer>): Promise<void> {
    try {
      const answer = await pending
      if (answer !== undefined) channel.answer(request, answer)
    } catch (error) {
      channel.answer(request, this.#answerForError(request, error))
    }
  }

  #answerForError(request: ReceivedCommand, error: unknown): Answer {
    if (error instanceof ResponseError) return { code: error.code, remark: error.message }
    if (error instanceof ProtocolError) return { code: ResponseCode.SYSTEM_ERROR, remark: error.message }
    const what = requestCodeName(request.code)
    this.#logger.error({ error, code: request.code }, `${what} failed: ${String(error)}`)
    return { code: ResponseCode.SYSTEM_ERROR, remark: `${what} failed on the server; its log says why` }
  }

  #closeIdle(): void {
    const before = this.#io.clock.monotonic() - this.#idleMs
    for (const channel of [...this.#channels]) {
      if (channel.link.lastActivityMs > before) continue
      this.#logger.info(
        { peer: channel.name },
        `connection of ${channel.name} closed: nothing moved for ${this.#idleMs} ms`,
      )
      channel.link.destroy('it was idle')
    }
  }
}

/** 4.7.1 leaves unknown codes unanswered and the caller waits for its timeout; 5.x answers as we do. */
const answerUnknownCode: RequestHandler = (request) => ({
  code: ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
  remark: `request code ${request.code} is not supported here`,
})

function withoutUndefined(options: Partial<LinkLimits>): Partial<LinkLimits> {
  const { frameBytesMax, unansweredMax, outgoingBytesMax } = options
  return Object.fromEntries(
    Object.entries({ frameBytesMax, unansweredMax, outgoingBytesMax }).filter(([, value]) => value !== undefined),
  )
}
