import {
  parseAddress,
  silentLogger,
  type Connection,
  type Io,
  type Logger,
  type Timer,
  type TlsClientOptions,
} from '@mq/io'
import { ResponseCode, type Answer, type ReceivedCommand, type RemotingCommand } from '@mq/protocol'
import type { CallDone } from './call-table.js'
import { defaultCallTimeoutMs } from './channel.js'
import { defaultLinkLimits, Link, type LinkLimits } from './link.js'
import { renewTls } from './tls-renewal.js'
import { RemotingError, type CallOptions, type ClientRequestHandler, type RemotingClient } from './types.js'

export interface RemotingClientOptions extends Partial<LinkLimits> {
  io: Io
  logger?: Logger
  /** Connect with TLS; new connections get what its `source` has come to say. Default: plain. */
  tls?: TlsClientOptions
  /** Called with each request when all its fields are set: signs it. Default: nothing is signed. */
  sign?: (command: RemotingCommand) => void
  /** Milliseconds for making a connection. Default 3000. */
  connectTimeoutMs?: number
  /** A connection without calls and without traffic this long is closed, ms. Default 120,000. */
  idleMs?: number
  /** Calls that may wait for an answer, over all connections. Default 65,535. */
  callsMax?: number
}

/** Requests to servers by address, see `RemotingClient`. */
export const createRemotingClient = (options: RemotingClientOptions): RemotingClient => new AddressedClient(options)

/** After a failed connect, further tries wait: first, at most, ms. Calls meanwhile fail at once. */
const backoffFirstMs = 50
const backoffMaxMs = 1000

/** What is asked of an address while its connection is being made. */
type Waiting = { run: (link: Link) => void; fail: (error: RemotingError) => void }

interface Peer {
  address: string
  link: Link | undefined
  connecting: Waiting[] | undefined
  failures: number
  retryAtMs: number
  connectStartedMs: number
  lastFailure: string
}

class AddressedClient implements RemotingClient {
  readonly #io: Io
  readonly #logger: Logger
  readonly #limits: LinkLimits
  readonly #peers = new Map<string, Peer>()
  readonly #handlers = new Map<number, ClientRequestHandler>()
  readonly #listeners = new Set<(event: { address: string; state: 'connected' | 'lost'; reason?: string }) => void>()
  readonly #idleScan: Timer
  readonly #tlsWatch: Timer | undefined
  #tls: TlsClientOptions | undefined
  readonly #abort = new AbortController()
  #calls = 0
  #closed = false

  constructor(private readonly options: RemotingClientOptions) {
    this.#io = options.io
    this.#logger = options.logger ?? silentLogger
    this.#limits = {
      frameBytesMax: options.frameBytesMax ?? defaultLinkLimits.frameBytesMax,
      unansweredMax: options.unansweredMax ?? defaultLinkLimits.unansweredMax,
      outgoingBytesMax: options.outgoingBytesMax ?? defaultLinkLimits.outgoingBytesMax,
    }
    this.#idleScan = this.#io.clock.every(30_000, () => this.#closeIdle())
    this.#tls = options.tls
    this.#tlsWatch = options.tls?.source && this.#watchTls(options.tls.source)
  }

  call(address: string, command: RemotingCommand, options: CallOptions = {}): Promise<ReceivedCommand> {
    return new Promise((resolve, reject) => {
      this.callWith(address, command, options, (error, response) => (error ? reject(error) : resolve(response!)))
    })
  }

  callWith(address: string, command: RemotingCommand, options: CallOptions, done: CallDone): void {
    if (options.signal?.aborted)
      return done(this.#error('ABORTED', address, 'send', 'the caller gave up before it was sent'), undefined)
    if (this.#closed) return done(this.#error('CLOSED', address, 'send', 'the client is closed'), undefined)
    const callsMax = this.options.callsMax ?? 65_535
    if (this.#calls >= callsMax) {
      return done(
        this.#error('TOO_MANY_REQUESTS', address, 'send', `${callsMax} calls wait for an answer already`),
        undefined,
      )
    }
    this.#calls++
    this.options.sign?.(command)
    const timeoutMs = options.timeoutMs ?? defaultCallTimeoutMs
    const finish: CallDone = (error, response) => {
      this.#calls--
      done(error, response)
    }
    const { signal } = options
    const link = this.#peers.get(address)?.link
    if (link) return link.call(command, timeoutMs, signal, finish)
    this.#whenConnected(address, timeoutMs, signal, {
      run: (made, leftMs) => made.call(command, leftMs, signal, finish),
      fail: (error) => finish(error, undefined),
    })
  }

  send(address: string, command: RemotingCommand, options: CallOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const send = (link: Link): void => {
        this.options.sign?.(command)
        link.send(command)
        resolve()
      }
      const { timeoutMs = defaultCallTimeoutMs, signal } = options
      const link = this.#peers.get(address)?.link
      if (signal?.aborted) reject(this.#error('ABORTED', address, 'send', 'the caller gave up before it was sent'))
      else if (link && !this.#closed) send(link)
      else this.#whenConnected(address, timeoutMs, signal, { run: send, fail: reject })
    })
  }

  handle(code: number, handler: ClientRequestHandler): void {
    this.#handlers.set(code, handler)
  }

  onConnection(
    listener: (event: { address: string; state: 'connected' | 'lost'; reason?: string }) => void,
  ): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  disconnect(address: string): void {
    this.#peers.get(address)?.link?.end('closed by this side')
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#idleScan.cancel()
    this.#tlsWatch?.cancel()
    this.#abort.abort()
    for (const peer of this.#peers.values()) {
      peer.link?.calls.failAll('CLOSED', 'the client was closed')
      peer.link?.end('the client was closed')
    }
  }

  #watchTls(source: NonNullable<TlsClientOptions['source']>): Timer {
    return renewTls({ io: this.#io, logger: this.#logger }, 'from here', source, (tls) => {
      this.#io.network.checkTls(tls)
      this.#tls = tls
    })
  }

  /** `waiting` is told of a link, with what is left of its time, or of a failure: also when the time is over, or the caller gives up. */
  #whenConnected(
    address: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    waiting: { run: (link: Link, leftMs: number) => void; fail: (error: RemotingError) => void },
  ): void {
    const startedMs = this.#io.clock.monotonic()
    const elapsedMs = (): number => this.#io.clock.monotonic() - startedMs
    let over = false
    /** False when it was over before. */
    const end = (): boolean => {
      if (over) return false
      over = true
      expire.cancel()
      signal?.removeEventListener('abort', abort)
      return true
    }
    const fail = (error: RemotingError): void => void (end() && waiting.fail(error))
    const run = (link: Link): void => void (end() && waiting.run(link, Math.max(1, timeoutMs - elapsedMs())))
    const abort = (): void => fail(this.#error('ABORTED', address, 'connect', 'the caller gave up', elapsedMs()))
    const expire = this.#io.clock.after(timeoutMs, () =>
      fail(this.#error('TIMEOUT', address, 'connect', `no connection after ${timeoutMs} ms`, timeoutMs)),
    )
    signal?.addEventListener('abort', abort, { once: true })
    this.#withLink(address, { run, fail })
  }

  #withLink(address: string, waiting: Waiting): void {
    if (this.#closed) return waiting.fail(this.#error('CLOSED', address, 'send', 'the client is closed'))
    const peer = this.#peer(address)
    if (peer.link) return waiting.run(peer.link)
    if (peer.connecting) return void peer.connecting.push(waiting)
    const waitMs = peer.retryAtMs - this.#io.clock.monotonic()
    if (waitMs > 0) {
      return waiting.fail(
        this.#error(
          'CONNECT_FAILED',
          address,
          'connect',
          `${peer.lastFailure}; the next try is in ${Math.ceil(waitMs)} ms`,
        ),
      )
    }
    peer.connecting = [waiting]
    peer.connectStartedMs = this.#io.clock.monotonic()
    void this.#connect(peer)
  }

  #peer(address: string): Peer {
    let peer = this.#peers.get(address)
    if (peer === undefined) {
      peer = {
        address,
        link: undefined,
        connecting: undefined,
        failures: 0,
        retryAtMs: 0,
        connectStartedMs: 0,
        lastFailure: '',
      }
      this.#peers.set(address, peer)
    }
    return peer
  }

  async #connect(peer: Peer): Promise<void> {
    try {
      const connection = await this.#io.network.connect({
        ...parseAddress(peer.address),
        timeoutMs: this.options.connectTimeoutMs ?? 3000,
        tls: this.#tls,
        signal: this.#abort.signal,
      })
      this.#connected(peer, connection)
    } catch (error) {
      this.#connectFailed(peer, error)
    }
  }

  #connected(peer: Peer, connection: Connection): void {
    const waiting = peer.connecting!
    const link = new Link(
      connection,
      this.#io,
      this.#logger,
      {
        onRequest: (request) => this.#serve(peer.address, link, request),
        onClosed: (reason) => this.#lost(peer, reason),
      },
      this.#limits,
    )
    peer.link = link
    peer.connecting = undefined
    peer.failures = 0
    peer.retryAtMs = 0
    this.#tell({ address: peer.address, state: 'connected' })
    for (const one of waiting) one.run(link)
    if (this.#closed) link.end('the client was closed')
  }

  #connectFailed(peer: Peer, cause: unknown): void {
    const waiting = peer.connecting!
    peer.connecting = undefined
    peer.failures++
    peer.lastFailure = cause instanceof Error ? cause.message : String(cause)
    const backoffMs = Math.min(backoffMaxMs, backoffFirstMs * 2 ** (peer.failures - 1))
    // Half of it is drawn, so that many clients of a broker that comes back do not come at once.
    const drawnMs = (backoffMs * (1 + this.#io.random.below(1024) / 1024)) / 2
    peer.retryAtMs = this.#io.clock.monotonic() + drawnMs
    const code = this.#closed ? 'CLOSED' : 'CONNECT_FAILED'
    const elapsedMs = Math.round(this.#io.clock.monotonic() - peer.connectStartedMs)
    for (const one of waiting) one.fail(this.#error(code, peer.address, 'connect', peer.lastFailure, elapsedMs, cause))
  }

  #lost(peer: Peer, reason: string): void {
    peer.link = undefined
    this.#tell({ address: peer.address, state: 'lost', reason })
  }

  #tell(event: { address: string; state: 'connected' | 'lost'; reason?: string }): void {
    for (const listener of this.#listeners) listener(event)
  }

  #serve(address: string, link: Link, request: ReceivedCommand): void {
    const handler = this.#handlers.get(request.code)
    if (handler === undefined) {
      return link.answer(request, {
        code: ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
        remark: `this client does not answer request code ${request.code}`,
      })
    }
    const failed = (error: unknown): Answer => {
      this.#logger.error({ error, address, code: request.code }, `request ${request.code} of ${address} failed`)
      return { code: ResponseCode.SYSTEM_ERROR, remark: error instanceof Error ? error.message : String(error) }
    }
    try {
      const answer = handler(request, address)
      if (answer instanceof Promise) answer.catch(failed).then((one) => link.answer(request, one))
      else if (answer !== undefined) link.answer(request, answer)
    } catch (error) {
      link.answer(request, failed(error))
    }
  }

  #closeIdle(): void {
    const before = this.#io.clock.monotonic() - (this.options.idleMs ?? 120_000)
    for (const { link } of this.#peers.values()) {
      if (link && link.calls.size === 0 && link.lastActivityMs < before) link.end('it was idle')
    }
  }

  #error(
    code: RemotingError['code'],
    address: string,
    phase: RemotingError['details']['phase'],
    problem: string,
    elapsedMs = 0,
    cause?: unknown,
  ): RemotingError {
    return new RemotingError(
      code,
      `request to ${address} failed: ${problem}`,
      { address, phase, elapsedMs },
      cause === undefined ? undefined : { cause },
    )
  }
}
