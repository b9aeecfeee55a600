import { formatAddress, type Connection, type Io, type IoError, type Logger } from '@mq/io'
import {
  FrameDecoder,
  FrameEncoder,
  isOneway,
  isResponse,
  markOneway,
  responseCommand,
  type Answer,
  type ReceivedCommand,
  type RemotingCommand,
} from '@mq/protocol'
import { CallTable, type CallDone } from './call-table.js'
import { foreignProtocol } from './foreign-protocol.js'

export interface LinkLimits {
  /** Largest frame taken, bytes. Default 16 MiB. */
  frameBytesMax: number
  /** Requests of the peer that may wait for our answer before we stop reading. */
  unansweredMax: number
  /** Bytes that may wait to be sent; a peer that reads too slowly for one-way messages is cut off beyond. */
  outgoingBytesMax: number
}

export const defaultLinkLimits: LinkLimits = {
  frameBytesMax: 16_777_216,
  unansweredMax: 65_536,
  outgoingBytesMax: 256 * 1024 * 1024,
}

/**
 * Frames that gather in a turn leave together, but not more than this, bytes: the peer is at work on the first while the
 * others are still being made.
 */
const writtenTogetherMax = 16 * 1024

export interface LinkEvents {
  onRequest(request: ReceivedCommand): void
  /** Once; `reason` is a clause such as 'the peer closed it'. */
  onClosed(reason: string): void
}

/**
 * Both directions of one connection, the half that server and client share: frames of one read are handled together,
 * frames of one turn leave in one write, a peer that does not read is not read from.
 */
export class Link {
  readonly name: string
  readonly calls: CallTable
  /** Monotonic time of the last byte in or out, ms. */
  lastActivityMs: number
  #open = true
  #closeReason: string | undefined
  #flushPlanned = false
  #congested = false
  #unanswered = 0
  #paused = false
  #framesSeen = false
  readonly #decoder: FrameDecoder
  readonly #encoder = new FrameEncoder()
  readonly #flush = () => this.#flushNow()
  readonly #receive = (command: ReceivedCommand) => this.#receiveCommand(command)

  constructor(
    readonly connection: Connection,
    private readonly io: Io,
    private readonly logger: Logger,
    private readonly events: LinkEvents,
    private readonly limits: LinkLimits,
  ) {
    this.name = formatAddress(connection.remote)
    this.calls = new CallTable(io.clock, this.name)
    this.lastActivityMs = io.clock.monotonic()
    this.#decoder = new FrameDecoder({ frameBytesMax: limits.frameBytesMax })
    connection.onData = (bytes) => this.#onData(bytes)
    connection.onDrain = () => this.#onDrain()
    connection.onClose = (error) => this.#onClose(error)
  }

  get open(): boolean {
    return this.#open
  }

  /** Calls the peer; `done` is called once. */
  call(command: RemotingCommand, timeoutMs: number, signal: AbortSignal | undefined, done: CallDone): void {
    command.opaque = this.calls.add(timeoutMs, signal, done)
    if (this.#open) this.#post(command)
    else this.calls.failAll('CONNECTION_LOST', this.#closeReason ?? 'the connection is closed')
  }

  /** Sends a one-way request. */
  send(command: RemotingCommand): void {
    command.opaque = this.calls.nextOpaque()
    this.#post(markOneway(command))
  }

  answer(request: ReceivedCommand, answer: Answer): void {
    if (isOneway(request) || !this.#open) return
    this.#unanswered--
    if (this.#paused) this.#resumeIfRoom()
    this.#post(responseCommand(request, answer))
  }

  /** Sends what is waiting, then closes. */
  end(reason: string): void {
    if (!this.#open) return
    this.#closeReason = reason
    this.#flushNow()
    this.connection.end()
  }

  destroy(reason: string): void {
    this.#closeReason ??= reason
    this.connection.destroy()
  }

  #post(command: RemotingCommand): void {
    if (!this.#open) return
    this.#encoder.add(command)
    if (this.#encoder.bytes >= writtenTogetherMax && !this.#congested) return this.#write()
    if (this.#flushPlanned) return
    this.#flushPlanned = true
    this.io.clock.endOfTurn(this.#flush)
  }

  #flushNow(): void {
    this.#flushPlanned = false
    this.#write()
  }

  #write(): void {
    if (!this.#open || this.#encoder.bytes === 0) return
    this.lastActivityMs = this.io.clock.monotonic()
    this.#congested = !this.connection.write(this.#encoder.take())
    if (this.connection.bufferedBytes === 0) this.#encoder.release()
    if (!this.#congested) return
    this.#pause()
    if (this.connection.bufferedBytes > this.limits.outgoingBytesMax) this.#cutOff()
  }

  #cutOff(): void {
    const waiting = this.connection.bufferedBytes
    this.logger.warn(
      { peer: this.name, waiting },
      `${this.name} does not read: closed with ${waiting} bytes waiting for it`,
    )
    this.destroy('the peer does not read')
  }

  #onData(bytes: Uint8Array): void {
    this.lastActivityMs = this.io.clock.monotonic()
    try {
      this.#decoder.decode(bytes, this.#receive)
    } catch (error) {
      this.#refuseStream(bytes, error as Error)
    }
  }

  #refuseStream(bytes: Uint8Array, error: Error): void {
    if (!this.#open) return
    const spoken = this.#framesSeen ? undefined : foreignProtocol(bytes)
    const problem = spoken === undefined ? error.message : `it speaks ${spoken}`
    this.logger.warn({ peer: this.name }, `connection of ${this.name} closed: ${problem}`)
    this.destroy(problem)
  }

  #receiveCommand(command: ReceivedCommand): void {
    this.#framesSeen = true
    // What a peer sent behind the frame that closed its connection is not for us any more.
    if (!this.#open) return
    if (isResponse(command)) return this.#receiveResponse(command)
    if (!isOneway(command) && ++this.#unanswered >= this.limits.unansweredMax) this.#pause()
    this.events.onRequest(command)
  }

  #receiveResponse(response: ReceivedCommand): void {
    if (this.calls.complete(response)) return
    this.logger.debug({ peer: this.name, opaque: response.opaque }, `${this.name} answered a call nobody waits for`)
  }

  #pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.connection.pause()
  }

  #onDrain(): void {
    this.#congested = false
    this.#resumeIfRoom()
  }

  #resumeIfRoom(): void {
    if (!this.#paused || this.#congested || this.#unanswered >= this.limits.unansweredMax) return
    this.#paused = false
    this.connection.resume()
  }

  /** Servers that take TLS only cannot say so to others. */
  #peersClose(): string {
    const isMute = !this.#framesSeen && !this.connection.secure
    return isMute ? 'the peer closed it without a word: perhaps it takes TLS connections only' : 'the peer closed it'
  }

  #onClose(error?: IoError): void {
    if (!this.#open) return
    this.#open = false
    this.#encoder.take()
    const reason = this.#closeReason ?? error?.message ?? this.#peersClose()
    this.calls.failAll('CONNECTION_LOST', `the connection was lost (${reason})`)
    this.events.onClosed(reason)
  }
}
