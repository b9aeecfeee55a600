import type { Connection, Io, Listener, ListenOptions, Network } from '@mq/io'
import { FrameDecoder, isOneway, isResponse, type ReceivedCommand } from '@mq/protocol'

/** What went over the connections a process accepted: for checks that look at frames, not at what either side believes. */
export interface Traffic {
  /** Requests that were not answered yet, with when they came. */
  waiting(): { connection: string; code: number; sinceMs: number }[]
  readonly requests: number
  readonly answers: number
  /** Bytes that waited to be sent on one connection, at most. */
  readonly bufferedBytesMax: number
}

/** The same world, with every frame of accepted connections looked at on its way. */
export function observeNetwork(io: Io, onProblem: (problem: string) => void): { io: Io; traffic: Traffic } {
  const traffic = new ObservedTraffic(() => io.clock.monotonic(), onProblem)
  const network: Network = {
    connect: (options) => io.network.connect(options),
    checkTls: (tls) => io.network.checkTls(tls),
    listen: (options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> =>
      io.network.listen(options, (connection) => accept(traffic.observe(connection))),
  }
  return { io: { ...io, network }, traffic }
}

class ObservedTraffic implements Traffic {
  requests = 0
  answers = 0
  bufferedBytesMax = 0
  readonly #open = new Set<ObservedConnection>()

  constructor(
    readonly nowMs: () => number,
    readonly onProblem: (problem: string) => void,
  ) {}

  observe(connection: Connection): Connection {
    const observed = new ObservedConnection(connection, this)
    this.#open.add(observed)
    return observed
  }

  closed(connection: ObservedConnection): void {
    this.#open.delete(connection)
  }

  waiting(): { connection: string; code: number; sinceMs: number }[] {
    return [...this.#open].flatMap((connection) =>
      [...connection.unanswered.values()].map((request) => ({ connection: connection.name, ...request })),
    )
  }
}

class ObservedConnection implements Connection {
  readonly unanswered = new Map<number, { code: number; sinceMs: number }>()
  readonly name: string
  readonly #in = new FrameDecoder()
  readonly #out = new FrameDecoder()

  constructor(
    private readonly inner: Connection,
    private readonly traffic: ObservedTraffic,
  ) {
    this.name = `${inner.remote.host}:${inner.remote.port}`
  }

  get remote() {
    return this.inner.remote
  }
  get local() {
    return this.inner.local
  }
  get secure() {
    return this.inner.secure
  }
  get bufferedBytes() {
    return this.inner.bufferedBytes
  }

  set onData(handler: (bytes: Uint8Array) => void) {
    this.inner.onData = (bytes) => {
      this.#in.decode(bytes, (command) => this.#received(command))
      handler(bytes)
    }
  }
  set onDrain(handler: () => void) {
    this.inner.onDrain = handler
  }
  set onClose(handler: Connection['onClose']) {
    this.inner.onClose = (error) => {
      this.traffic.closed(this)
      handler(error)
    }
  }

  write(pieces: readonly Uint8Array[]): boolean {
    for (const piece of pieces) this.#out.decode(piece, (command) => this.#sent(command))
    const more = this.inner.write(pieces)
    this.traffic.bufferedBytesMax = Math.max(this.traffic.bufferedBytesMax, this.inner.bufferedBytes)
    return more
  }

  #received(command: ReceivedCommand): void {
    if (isResponse(command) || isOneway(command)) return
    this.traffic.requests++
    this.unanswered.set(command.opaque, { code: command.code, sinceMs: this.traffic.nowMs() })
  }

  #sent(command: ReceivedCommand): void {
    if (!isResponse(command)) return
    this.traffic.answers++
    if (this.unanswered.delete(command.opaque)) return
    const { opaque, code } = command
    this.traffic.onProblem(
      `answer ${code} to request ${opaque} of ${this.name}, which was answered before or never came`,
    )
  }

  pause(): void {
    this.inner.pause()
  }
  resume(): void {
    this.inner.resume()
  }
  end(): void {
    this.inner.end()
  }
  destroy(): void {
    this.inner.destroy()
  }
}
