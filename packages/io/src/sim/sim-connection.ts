import { formatAddress } from '../address.js'
import { type Address, type Connection, IoError } from '../ports.js'
import { SimStream } from './sim-stream.js'
import type { SimProcess } from './sim-process.js'

/** As the Node connection has it. */
const BUFFERED_BYTES_MAX = 128 * 1024
const LINGER_MS = 1000

const nothing = (): void => {}

/** What has arrived and is not handed over yet: bytes, or the end of the stream. */
type Arrival = Uint8Array | 'end' | 'reset'

/** One side of a connection. Behaves as a TCP socket of Node does: order, back-pressure, half-close, resets. */
export class SimConnection implements Connection {
  onDrain: () => void = nothing
  #onData: ((bytes: Uint8Array) => void) | undefined
  #onClose: ((error?: IoError) => void) | undefined
  #out!: SimStream
  #in!: SimStream
  #peer!: SimConnection
  readonly #inbox: Arrival[] = []
  #error: IoError | undefined
  #paused = false
  #ended = false
  #closed = false
  #told = false
  #drainAwaited = false
  #readScheduled = false

  private constructor(
    readonly process: SimProcess,
    readonly local: Address,
    readonly remote: Address,
    readonly secure: boolean,
  ) {
    process.connections.add(this)
  }

  static pair(
    clientProcess: SimProcess,
    clientEnd: Address,
    serverProcess: SimProcess,
    serverEnd: Address,
    secure: boolean,
  ): [client: SimConnection, server: SimConnection] {
    const client = new SimConnection(clientProcess, clientEnd, serverEnd, secure)
    const server = new SimConnection(serverProcess, serverEnd, clientEnd, secure)
    client.#out = server.#in = new SimStream(clientProcess.world, client, server)
    server.#out = client.#in = new SimStream(clientProcess.world, server, client)
    client.#peer = server
    server.#peer = client
    return [client, server]
  }

  get peerHost(): string {
    return this.#peer.process.host.name
  }

  get bufferedBytes(): number {
    return this.#out.queuedBytes
  }

  get closed(): boolean {
    return this.#closed
  }

  get onData(): (bytes: Uint8Array) => void {
    return this.#onData ?? nothing
  }

  set onData(handler: (bytes: Uint8Array) => void) {
    this.#onData = handler
    this.#scheduleRead()
  }

  get onClose(): (error?: IoError) => void {
    return this.#onClose ?? nothing
  }

  set onClose(handler: (error?: IoError) => void) {
    this.#onClose = handler
    if (this.#closed) this.process.in(0, () => this.#tellClosed())
  }

  write(pieces: readonly Uint8Array[]): boolean {
    if (this.#ended || this.#closed || !this.process.alive) return false
    this.#out.write(pieces)
    if (this.bufferedBytes < BUFFERED_BYTES_MAX) return true
    this.#drainAwaited = true
    return false
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#scheduleRead()
  }

  end(): void {
    if (this.#ended || this.#closed || !this.process.alive) return
    this.#ended = true
    this.#onData = nothing
    this.#out.finish()
    this.resume()
  }

  destroy(): void {
    if (this.#closed || !this.process.alive) return
    this.#out.cut(this.#inbox.some((arrival) => arrival instanceof Uint8Array) ? 'reset' : 'end')
    this.#close()
  }

  /** Its process is gone. Without power nobody is left to tell the peer. */
  vanish(losePower: boolean): void {
    this.#closed = true
    this.#told = true
    if (losePower) this.#out.silence()
    else this.#out.cut('reset')
  }

  /** Nothing sent may arrive before this delay is over: the peer does not know of the connection yet. */
  holdUntil(delayMs: number): void {
    this.#out.holdUntil(delayMs)
  }

  /** From the stream: something came. */
  receive(arrival: Arrival): void {
    this.#inbox.push(arrival)
    this.#read()
  }

  /** From the stream: all that was written is taken by the network. */
  flushed(): void {
    if (!this.#drainAwaited) return
    this.#drainAwaited = false
    this.process.in(0, () => !this.#closed && this.onDrain())
  }

  /** From the stream: the last byte and the end of the stream are on their way. */
  finished(): void {
    this.process.in(LINGER_MS, () => this.#close())
  }

  /** From the stream: the peer is not there any more. */
  broken(reason: string): void {
    this.#close(new IoError('CONNECTION_RESET', `connection with ${formatAddress(this.remote)}: ${reason}`))
  }

  /** The network forgets the connection; half-open: the peer does not notice before it sends something. */
  lose(halfOpen: boolean): void {
    const reason = 'the network broke the connection off'
    for (const side of halfOpen ? [this] : [this, this.#peer]) {
      side.#out.silence()
      side.broken(reason)
    }
  }

  /** Its process goes on after a pause. */
  wake(): void {
    this.#scheduleRead()
  }

  /** Not from within the caller's call: a callback never runs while its owner is still busy setting it. */
  #scheduleRead(): void {
    if (this.#readScheduled || this.#inbox.length === 0) return
    this.#readScheduled = true
    this.process.in(0, () => {
      this.#readScheduled = false
      this.#read()
    })
  }

  #read(): void {
    while (this.#inbox.length > 0 && this.#onData && !this.#paused && !this.#closed && !this.process.paused)
      this.#handOver(this.#inbox.shift()!)
  }

  #handOver(arrival: Arrival): void {
    const { world, host } = this.process
    if (arrival === 'reset') return this.broken('the peer broke the connection off')
    if (arrival === 'end') return this.#peerEnded()
    world.trace.noteBytes(host.name, 'data', arrival, this.local.port)
    this.#in.consumed(arrival.length)
    this.#onData!(arrival)
  }

  /** As Node without half-open sockets: our side sends what is waiting and closes too. */
  #peerEnded(): void {
    this.#ended = true
    this.#onData = nothing
    this.#out.finish(() => this.#close())
  }

  #close(error?: IoError): void {
    if (this.#closed) return
    this.#closed = true
    this.#error = error
    this.#inbox.length = 0
    this.process.connections.delete(this)
    this.process.in(0, () => this.#tellClosed())
  }

  #tellClosed(): void {
    if (this.#told || !this.#onClose) return
    this.#told = true
    this.process.world.trace.note(this.process.host.name, 'close', this.local.port, Number(this.#error !== undefined))
    this.#onClose(this.#error)
  }
}
