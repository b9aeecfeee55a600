import type { Socket } from 'node:net'
import type { Address, Connection, IoError } from '../ports.js'
import { formatAddress } from '../address.js'
import { ioError } from './errors.js'
import type { Guard } from './guard.js'

/**
 * `write` returns false from here on. Above Node's own mark, below which Node would not tell of the drain; and counted
 * after the system has taken what it can, which Node's own answer is not.
 */
const BUFFERED_BYTES_MAX = 128 * 1024

/** How long a connection that was ended waits for its peer to close too, before it is cut. */
const LINGER_MS = 1000

const nothing = (): void => {}

/** A connected socket, with TLS or without. It reads from when `onData` is set, so that no byte comes too early. */
export class NodeConnection implements Connection {
  readonly remote: Address
  readonly local: Address
  onDrain: () => void = nothing
  #onData: ((bytes: Uint8Array) => void) | undefined
  #onClose: ((error?: IoError) => void) | undefined
  #error: IoError | undefined
  #closed = false
  #ended = false
  #paused = false
  #drainAwaited = false

  constructor(
    private readonly socket: Socket,
    readonly secure: boolean,
    private readonly guard: Guard,
  ) {
    this.remote = { host: plainHost(socket.remoteAddress), port: socket.remotePort ?? 0 }
    this.local = { host: plainHost(socket.localAddress), port: socket.localPort ?? 0 }
    socket.on('error', (error) => (this.#error ??= ioError(`connection with ${formatAddress(this.remote)}`, error)))
    socket.on('drain', () => this.#drained())
    socket.on('close', () => this.#gone())
  }

  get bufferedBytes(): number {
    return this.socket.writableLength
  }

  get onData(): (bytes: Uint8Array) => void {
    return this.#onData ?? nothing
  }

  set onData(handler: (bytes: Uint8Array) => void) {
    const first = this.#onData === undefined
    this.#onData = handler
    if (!first) return
    this.socket.on('data', (bytes: Buffer) => this.guard.callWith(this.onData, bytes as Uint8Array))
    if (!this.#paused) this.socket.resume()
  }

  get onClose(): (error?: IoError) => void {
    return this.#onClose ?? nothing
  }

  set onClose(handler: (error?: IoError) => void) {
    const tooLate = this.#closed && this.#onClose === undefined
    this.#onClose = handler
    if (tooLate) queueMicrotask(() => this.guard.callWith(handler, this.#error))
  }

  write(pieces: readonly Uint8Array[]): boolean {
    const { socket } = this
    if (this.#ended || socket.destroyed || !socket.writable) return false
    if (pieces.length === 1) socket.write(pieces[0]!)
    else this.#writeTogether(pieces)
    if (socket.writableLength < BUFFERED_BYTES_MAX) return true
    this.#drainAwaited = true
    return false
  }

  pause(): void {
    this.#paused = true
    this.socket.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#onData) this.socket.resume()
  }

  /** After this `onData` is not called again; what still arrives is dropped. */
  end(): void {
    if (this.#ended || this.socket.destroyed) return
    this.#ended = true
    // Bytes left unread would turn the close into a reset, which can take the last bytes sent from the peer.
    this.onData = nothing
    this.socket.resume()
    this.socket.end(() => setTimeout(() => this.socket.destroy(), LINGER_MS).unref())
  }

  destroy(): void {
    this.#ended = true
    this.#onData = nothing
    this.socket.destroy()
  }

  #writeTogether(pieces: readonly Uint8Array[]): void {
    const { socket } = this
    socket.cork()
    for (let at = 0; at < pieces.length; at++) socket.write(pieces[at]!)
    socket.uncork()
  }

  #drained(): void {
    if (!this.#drainAwaited) return
    this.#drainAwaited = false
    this.guard.call(this.onDrain)
  }

  #gone(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#onClose) this.guard.callWith(this.#onClose, this.#error)
  }
}

/** IPv4 addresses arrive as `::ffff:10.0.0.1` on sockets that listen for both. */
export function plainHost(host: string | undefined): string {
  if (host === undefined) return ''
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice(7) : host
}
