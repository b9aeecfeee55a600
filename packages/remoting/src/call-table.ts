import type { Clock, Timer } from '@mq/io'
import type { ReceivedCommand } from '@mq/protocol'
import { RemotingError } from './types.js'

/** Exactly one of both is given. */
export type CallDone = (error: RemotingError | undefined, response: ReceivedCommand | undefined) => void

interface PendingCall {
  done: CallDone
  startedMs: number
  deadlineMs: number
  stopListening: (() => void) | undefined
}

/**
 * Calls of one connection that wait for their answer, by opaque. One timer stands for all of them, set to the earliest
 * deadline: a timer each would cost more than the call.
 */
export class CallTable {
  readonly #calls = new Map<number, PendingCall>()
  #opaque = 0
  #timer: Timer | undefined
  #timerDueMs = Infinity

  constructor(
    private readonly clock: Clock,
    private readonly address: string,
  ) {}

  get size(): number {
    return this.#calls.size
  }

  /** Notes a call and gives it its opaque. */
  add(timeoutMs: number, signal: AbortSignal | undefined, done: CallDone): number {
    const opaque = this.nextOpaque()
    const startedMs = this.clock.monotonic()
    const call: PendingCall = { done, startedMs, deadlineMs: startedMs + timeoutMs, stopListening: undefined }
    this.#calls.set(opaque, call)
    if (signal) call.stopListening = this.#failOnAbort(signal, opaque)
    if (call.deadlineMs < this.#timerDueMs) this.#schedule(call.deadlineMs)
    return opaque
  }

  nextOpaque(): number {
    this.#opaque = (this.#opaque + 1) & 0x7fff_ffff
    return this.#opaque
  }

  /** Hands a response to its call. False: nobody waits for it (any more). */
  complete(response: ReceivedCommand): boolean {
    const call = this.#take(response.opaque)
    call?.done(undefined, response)
    return call !== undefined
  }

  failAll(code: 'CONNECTION_LOST' | 'CLOSED', reason: string): void {
    for (const opaque of [...this.#calls.keys()]) this.#fail(opaque, code, reason)
    this.#timer?.cancel()
    this.#timer = undefined
    this.#timerDueMs = Infinity
  }

  #take(opaque: number): PendingCall | undefined {
    const call = this.#calls.get(opaque)
    if (call === undefined) return undefined
    this.#calls.delete(opaque)
    call.stopListening?.()
    return call
  }

  #fail(opaque: number, code: 'TIMEOUT' | 'CONNECTION_LOST' | 'CLOSED' | 'ABORTED', reason: string): void {
    const call = this.#take(opaque)
    if (call === undefined) return
    const elapsedMs = Math.round(this.clock.monotonic() - call.startedMs)
    const details = { address: this.address, phase: 'wait', elapsedMs } as const
    call.done(
      new RemotingError(code, `no answer from ${this.address} after ${elapsedMs} ms: ${reason}`, details),
      undefined,
    )
  }

  #failOnAbort(signal: AbortSignal, opaque: number): () => void {
    const abort = () => this.#fail(opaque, 'ABORTED', 'the caller gave up')
    signal.addEventListener('abort', abort, { once: true })
    return () => signal.removeEventListener('abort', abort)
  }

  #schedule(dueMs: number): void {
    this.#timer?.cancel()
    this.#timerDueMs = dueMs
    this.#timer = this.clock.after(Math.max(1, Math.ceil(dueMs - this.clock.monotonic())), () => this.#expire())
  }

  #expire(): void {
    this.#timer = undefined
    this.#timerDueMs = Infinity
    const now = this.clock.monotonic()
    let earliest = Infinity
    for (const [opaque, call] of this.#calls) {
      if (call.deadlineMs <= now) this.#fail(opaque, 'TIMEOUT', 'the time allowed is over')
      else if (call.deadlineMs < earliest) earliest = call.deadlineMs
    }
    if (earliest < this.#timerDueMs) this.#schedule(earliest)
  }
}
