import type { Clock, Logger, Timer } from '@mq/io'
import { encodeTraceRecord, type TraceRecord } from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { ClientError } from '../errors.js'
import { BrokerFaults } from '../producer/broker-faults.js'
import { MessageSender } from '../producer/message-sender.js'
import { producerSettings } from '../producer/producer-options.js'

/** Records of a trace message, at most; what gathers for half a second, ms, goes together (`AsyncTraceDispatcher`, 4.7.1: 100). */
const recordsMax = 100
const gatherMs = 500
/** Bytes of a trace message's body, and of its keys, at most. */
const bodyBytesMax = 118_000
const keyBytesMax = 16_000
/** Records that wait to be sent or answered, at most. Trace is an aid: rather than take memory without end, it has gaps. */
const heldMax = 10_000

interface Waiting {
  text: string
  keys: readonly string[]
}

/** Gathers trace records and sends them to the trace topic, many in a message. Its own messages are not traced. */
export class Tracer {
  readonly #sender: MessageSender
  readonly #clock: Clock
  readonly #logger: Logger
  #waiting: Waiting[] = []
  /** Of those that wait, and of those under way. */
  #held = 0
  #timer: Timer | undefined
  #dropped = 0
  #closed = false

  /** `role`: as it stands in the group under which trace is sent. */
  constructor(
    instance: ClientInstance,
    readonly topic: string,
    group: string,
    role: 'PRODUCE' | 'CONSUME',
  ) {
    const inner = `_INNER_TRACE_PRODUCER-${group}-${role}`
    // Each message is many already.
    const settings = producerSettings({ namesrv: '', group: inner, timeout: 5000, grouping: false })
    const faults = new BrokerFaults(instance.io.clock)
    this.#sender = new MessageSender({ instance, settings, faults, names: undefined, trace: undefined })
    this.#clock = instance.io.clock
    this.#logger = instance.logger
  }

  /** `keys`: by which the record can be found, beside its message id. */
  add(record: TraceRecord, keys: readonly string[]): void {
    if (this.#closed) return
    if (this.#held < heldMax) {
      this.#held++
      this.#waiting.push({ text: encodeTraceRecord(record), keys: [record.msgId, ...keys] })
    } else this.#dropped++
    if (this.#waiting.length >= recordsMax) this.#flush()
    else this.#timer ??= this.#clock.after(gatherMs, () => this.#flush())
  }

  /** Sends what waits, and waits until that is done or the time is over. */
  async close(timeoutMs: number): Promise<void> {
    this.#flush()
    this.#closed = true
    await this.#sender.settle(timeoutMs, new ClientError('CLOSED', 'the client was closed before its trace was sent'))
  }

  #flush(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const all = this.#waiting
    this.#waiting = []
    for (let next = 0; next < all.length;) next = this.#sendFrom(all, next)
    if (this.#dropped > 0) this.#logger.warn({ records: this.#dropped }, 'trace records were dropped: too many at once')
    this.#dropped = 0
  }

  /** Sends as many as fit a message; returns where the rest begins. */
  #sendFrom(all: readonly Waiting[], first: number): number {
    const keys = new Set<string>()
    let body = ''
    let keyBytes = 0
    let next = first
    for (; next < all.length && next - first < recordsMax; next++) {
      const one = all[next]!
      const moreKeys = one.keys.reduce((sum, key) => sum + Buffer.byteLength(key) + 1, 0)
      const isFull = Buffer.byteLength(body) + Buffer.byteLength(one.text) > bodyBytesMax
      if (next > first && (isFull || keyBytes + moreKeys > keyBytesMax)) break
      body += one.text
      keyBytes += moreKeys
      for (const key of one.keys) keys.add(key)
    }
    void this.#send(body, [...keys]).finally(() => (this.#held -= next - first))
    return next
  }

  async #send(body: string, keys: readonly string[]): Promise<void> {
    const { topic } = this
    try {
      await this.#sender.send({ topic, body, keys }, undefined, undefined)
    } catch (error) {
      this.#logger.warn({ topic, error: (error as Error).message }, 'trace could not be sent')
    }
  }
}
