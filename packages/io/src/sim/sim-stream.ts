import type { SimConnection } from './sim-connection.js'
import type { World } from './world.js'

/** What one read of a socket gives at most, as in Node. */
const SEGMENT_BYTES_MAX = 64 * 1024
/** What may be on its way or unread at the receiver; the rest waits at the sender. */
const WINDOW_BYTES = 256 * 1024
/** When something that got lost is sent again, and how long until the sender gives up (Linux: about 15 minutes). */
const RESEND_MS = 200
const GIVE_UP_MS = 900_000

interface Segment {
  pieces: Uint8Array[]
  size: number
  kind: 'data' | 'end' | 'reset'
  arrivesUs: number
}

/**
 * One direction of a connection. Bytes arrive in order, but not as they were written: the seed decides where they are
 * split and what is joined, so that no receiver may rely on it.
 */
export class SimStream {
  queuedBytes = 0
  readonly #queue: Uint8Array[] = []
  readonly #flight: Segment[] = []
  #windowBytes = 0
  #lastArrivalUs = 0
  #finishing = false
  #cut = false
  #whenFinished: (() => void) | undefined

  constructor(
    private readonly world: World,
    private readonly sender: SimConnection,
    private readonly receiver: SimConnection,
  ) {}

  write(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) {
      if (piece.length === 0) continue
      // As the system does: the sender may use its memory again once nothing is queued.
      this.#queue.push(piece.slice())
      this.queuedBytes += piece.length
    }
    this.#pump()
  }

  /** Sends the end of the stream behind what is waiting; `then` runs when all of it has left. */
  finish(then?: () => void): void {
    this.#whenFinished = then ?? this.#whenFinished
    if (this.#cut) return this.#whenFinished?.()
    this.#finishing = true
    this.#pump()
  }

  /** Drops what is waiting and ends the stream behind what is on its way. */
  cut(kind: 'end' | 'reset'): void {
    if (this.#cut) return
    this.silence()
    this.#launch({ pieces: [], size: 0, kind, arrivesUs: 0 })
  }

  /** Drops what is waiting; nothing more is sent. */
  silence(): void {
    this.#cut = true
    this.#queue.length = 0
    this.queuedBytes = 0
  }

  holdUntil(delayMs: number): void {
    this.#lastArrivalUs = this.world.scheduler.nowUs + Math.round(delayMs * 1000)
  }

  /** The receiver has handed bytes over: there is room for more. */
  consumed(bytes: number): void {
    const readerMs = this.world.faults.readerMs(this.receiver.process.host.name, bytes, this.world.random)
    if (readerMs > 0) return void this.world.scheduler.in(readerMs, () => this.#roomFor(bytes))
    this.#roomFor(bytes)
  }

  #roomFor(bytes: number): void {
    this.#windowBytes -= bytes
    if (this.queuedBytes > 0) this.world.scheduler.in(this.#latencyMs(), () => this.#pump())
  }

  #pump(): void {
    if (this.#cut) return
    while (this.queuedBytes > 0 && this.#windowBytes < WINDOW_BYTES) this.#send()
    if (this.queuedBytes > 0) return
    this.sender.flushed()
    if (this.#finishing) this.#sendEnd()
  }

  #sendEnd(): void {
    this.#cut = true
    this.#launch({ pieces: [], size: 0, kind: 'end', arrivesUs: 0 })
    if (this.#whenFinished) this.#whenFinished()
    else this.sender.finished()
  }

  #send(): void {
    const size = this.#drawSize()
    const pieces = this.#take(size)
    this.#windowBytes += size
    const last = this.#flight.at(-1)
    const joins = last && last.size + size <= SEGMENT_BYTES_MAX && this.world.random.below(3) === 0
    if (!joins) return this.#launch({ pieces, size, kind: 'data', arrivesUs: 0 })
    last.pieces.push(...pieces)
    last.size += size
  }

  /** Mostly all there is; now and then cut anywhere, or within the first bytes, where headers are. */
  #drawSize(): number {
    const { random } = this.world
    const most = Math.min(this.queuedBytes, SEGMENT_BYTES_MAX)
    const choice = random.below(8)
    if (choice === 0) return 1 + random.below(most)
    if (choice === 1) return 1 + random.below(Math.min(most, 16))
    return most
  }

  /** Copies, as the system does: what happens to the sender's memory later does not reach the receiver. */
  #take(size: number): Uint8Array[] {
    const pieces: Uint8Array[] = []
    let wanted = size
    while (wanted > 0) {
      const first = this.#queue[0]!
      const piece = first.length <= wanted ? first : first.subarray(0, wanted)
      if (piece === first) this.#queue.shift()
      else this.#queue[0] = first.subarray(wanted)
      pieces.push(Uint8Array.prototype.slice.call(piece))
      wanted -= piece.length
    }
    this.queuedBytes -= size
    return pieces
  }

  #launch(segment: Segment): void {
    const { scheduler } = this.world
    segment.arrivesUs = Math.max(this.#lastArrivalUs, scheduler.nowUs + Math.round(this.#latencyMs() * 1000))
    this.#lastArrivalUs = segment.arrivesUs
    this.#flight.push(segment)
    if (this.#flight.length === 1) scheduler.at(segment.arrivesUs, this.#arrive)
  }

  readonly #arrive = (): void => {
    const { scheduler, faults } = this.world
    const segment = this.#flight[0]!
    const to = this.receiver.process.host
    if (!to.powered || !faults.reachable(this.sender.process.host.name, to.name)) return this.#sendAgain(segment)
    this.#flight.shift()
    const next = this.#flight[0]
    if (next) scheduler.at(Math.max(next.arrivesUs, scheduler.nowUs), this.#arrive)
    this.#deliver(segment)
  }

  #sendAgain(segment: Segment): void {
    const { scheduler } = this.world
    if (scheduler.nowUs - segment.arrivesUs < GIVE_UP_MS * 1000) return void scheduler.in(RESEND_MS, this.#arrive)
    this.#flight.length = 0
    this.silence()
    this.sender.broken('the peer has not answered for 15 minutes')
  }

  #deliver({ kind, pieces, size }: Segment): void {
    if (this.receiver.closed) {
      if (kind === 'data') this.world.scheduler.in(this.#latencyMs(), () => this.#refused())
      return
    }
    this.receiver.receive(kind === 'data' ? joined(pieces, size) : kind)
  }

  /** The receiving machine knows nothing of the connection any more. */
  #refused(): void {
    if (this.sender.closed) return
    this.silence()
    this.sender.broken('the peer has closed the connection')
  }

  #latencyMs(): number {
    const from = this.sender.process.host.name
    return this.world.faults.latencyMs(from, this.receiver.process.host.name, this.world.random)
  }
}

function joined(pieces: Uint8Array[], size: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!
  const whole = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
