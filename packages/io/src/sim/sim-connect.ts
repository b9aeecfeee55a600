import { formatAddress } from '../address.js'
import { type Connection, type ConnectOptions, IoError, type IoErrorCode } from '../ports.js'
import { SimConnection } from './sim-connection.js'
import type { SimHost } from './sim-host.js'
import { isLoopback, type SimListener } from './sim-listener.js'
import type { SimProcess } from './sim-process.js'

const CONNECT_TIMEOUT_MS = 3000
/** When an unanswered request for a connection is sent again. */
const RETRY_MS = 1000

export function simConnect(process: SimProcess, options: ConnectOptions): Promise<Connection> {
  return new Promise((resolve, reject) => new Attempt(process, options, resolve, reject).begin())
}

/** One call of `connect`: name, request, answer; ended by the first of success, refusal, timeout, abort. */
class Attempt {
  #settled = false
  readonly #tried: string

  constructor(
    private readonly process: SimProcess,
    private readonly options: ConnectOptions,
    private readonly resolve: (connection: Connection) => void,
    private readonly reject: (error: IoError) => void,
  ) {
    this.#tried = `cannot connect to ${formatAddress(options)}`
  }

  begin(): void {
    const { process, options } = this
    const { timeoutMs = CONNECT_TIMEOUT_MS, signal } = options
    if (signal?.aborted) return this.#fail('ABORTED', 'aborted before it began')
    signal?.addEventListener('abort', this.#abort, { once: true })
    process.in(timeoutMs, () => this.#fail('CONNECT_TIMEOUT', `no answer within ${timeoutMs} ms`))
    const target = this.#lookUp()
    if (target === 'unknown')
      return process.in(0.1, () => this.#fail('HOST_NOT_FOUND', 'no address is known for this host name'))
    // An address that nobody has: only the timeout answers.
    if (target) this.#knock(target)
  }

  #lookUp(): SimHost | undefined | 'unknown' {
    const { host: name } = this.options
    if (isLoopback(name)) return this.process.host
    const found = this.process.world.hosts.find((host) => host.name === name || host.address === name)
    return found ?? (/^[\d.]+$|:/.test(name) ? undefined : 'unknown')
  }

  #knock(target: SimHost): void {
    const { world, host } = this.process
    const { scheduler, faults, random } = world
    if (this.#settled) return
    scheduler.in(faults.latencyMs(host.name, target.name, random), () => {
      if (this.#settled || !this.process.alive) return
      const passes =
        target.powered && faults.reachable(host.name, target.name) && faults.reachable(target.name, host.name)
      if (passes) this.#arrive(target)
      else scheduler.in(RETRY_MS, () => this.#knock(target))
    })
  }

  #arrive(target: SimHost): void {
    const { process, options } = this
    const { faults, random, trace } = process.world
    const backMs = faults.latencyMs(target.name, process.host.name, random)
    const listener = target.listeners.get(options.port)
    if (!listener?.takesFrom(options.host)) {
      return process.in(backMs, () => this.#fail('CONNECT_REFUSED', 'nothing listens there'))
    }
    const [client, server] = this.#pair(target, listener)
    trace.note(target.name, 'accept', options.port, client.local.port)
    const refusal = listener.refusal(client.secure)
    if (refusal !== undefined) return this.#refuse(refusal, listener, client, server, backMs)
    server.holdUntil(backMs)
    process.in(backMs, () => this.#succeed(client))
    // The system takes connections for a process that is paused.
    if (listener.process.paused) listener.process.in(0, () => listener.accept(server))
    else listener.accept(server)
  }

  #pair(target: SimHost, listener: SimListener): [client: SimConnection, server: SimConnection] {
    const { process, options } = this
    const loopback = isLoopback(options.host)
    const clientEnd = { host: loopback ? '127.0.0.1' : process.host.address, port: process.host.nextPort() }
    const serverEnd = { host: loopback ? '127.0.0.1' : target.address, port: options.port }
    return SimConnection.pair(process, clientEnd, listener.process, serverEnd, options.tls !== undefined)
  }

  /** A TLS client learns it from the failed handshake; a plain one is connected, then closed. */
  #refuse(reason: string, listener: SimListener, client: SimConnection, server: SimConnection, backMs: number): void {
    const told = client.secure
      ? () => this.#fail('TLS_FAILED', 'the peer does not speak TLS on this port')
      : () => this.#succeed(client)
    server.holdUntil(backMs)
    server.destroy()
    this.process.in(backMs, told)
    listener.options.onRefused?.(server.remote, reason)
  }

  #succeed(connection: SimConnection): void {
    if (this.#settled) return connection.destroy()
    this.#settle()
    this.resolve(connection)
  }

  #fail(code: IoErrorCode, reason: string): void {
    if (this.#settled) return
    this.#settle()
    this.reject(new IoError(code, `${this.#tried}: ${reason}`))
  }

  #settle(): void {
    this.#settled = true
    this.options.signal?.removeEventListener('abort', this.#abort)
  }

  readonly #abort = (): void => this.#fail('ABORTED', 'aborted')
}
