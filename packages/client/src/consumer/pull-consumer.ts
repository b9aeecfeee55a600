import { TraceContextCode, type MessageQueue } from '@mq/protocol'
import { maxOffset, minOffset, searchOffset } from '../admin/offsets.js'
import { withinDeadline } from '../deadline.js'
import { ClientError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'
import { ConsumeTracer, type EndTrace } from '../trace/consume-tracer.js'
import { traceTopicOf, type TraceOption } from '../trace/trace-option.js'
import { Tracer } from '../trace/tracer.js'
import { Arrivals } from './arrivals.js'
import { ConsumerCore } from './consumer-core.js'
import type { ConsumerEvents } from './consumer-events.js'
import type { ConsumerOptions } from './consumer-options.js'
import type { ProcessQueue } from './process-queue.js'
import type { QueuePuller } from './queue-puller.js'
import type { SubscriptionExpression } from './subscription.js'

export interface PullConsumerOptions extends ConsumerOptions {
  /** Commit what was consumed every `commitInterval` and at the end; else only `commit()` does. Default true. */
  autoCommit?: boolean
  /** Message trace in Apache's format: a message's time is from its handing out to when it counts as consumed. */
  trace?: TraceOption
}

export interface PollOptions {
  /** Messages at most. Default 32. */
  max?: number
  /** Milliseconds to wait for a first message. Default 5000, or until the deadline. */
  timeout?: number
  /** A point in time instead, or the earlier of both. */
  deadline?: Date
  signal?: AbortSignal
}

/** A message handed out, and where it came from. */
interface Taken {
  puller: QueuePuller
  process: ProcessQueue
  number: number
  endTrace: EndTrace | undefined
}

/**
 * Consumes messages when they are asked for.
 *
 *     const consumer = new PullConsumer({ namesrv: '127.0.0.1:9876', group: 'Reports', subscriptions: { Orders: '*' } })
 *     await consumer.start()
 *     for await (const message of consumer) console.log(message.text())
 *
 * A message counts as consumed when the next one (or the next `poll`) is asked for.
 */
export class PullConsumer implements AsyncIterable<ReceivedMessage> {
  /** The group this consumer is a member of. */
  readonly group: string
  readonly #core: ConsumerCore
  readonly #autoCommit: boolean
  readonly #tracer: Tracer | undefined
  readonly #consumeTracer: ConsumeTracer | undefined
  /** Queues with messages, in turn. */
  readonly #ready: QueuePuller[] = []
  /** Handed out and not yet counted as consumed. */
  #taken: Taken[] = []
  readonly #arrivals: Arrivals
  #closing: Promise<void> | undefined

  /** Throws `OPTION_INVALID`. Connects to nothing yet. */
  constructor(options: PullConsumerOptions) {
    this.group = options.group
    this.#autoCommit = options.autoCommit ?? true
    const traceTopic = traceTopicOf(options.trace)
    // Nothing may throw from here on: the instance and the place of the group in it would never be let go.
    this.#core = new ConsumerCore(options, {
      consumeType: 'CONSUME_ACTIVELY',
      retries: false,
      autoCommit: this.#autoCommit,
      onMessages: (puller) => this.#onMessages(puller),
      onRemoved: (puller) => this.#onRemoved(puller),
      // Whoever polls has messages as one handler would.
      concurrency: () => 1,
      running: () => [],
    })
    const { instance } = this.#core
    this.#arrivals = new Arrivals(instance.io.clock)
    if (traceTopic === undefined) return
    this.#tracer = new Tracer(instance, traceTopic, this.group, 'CONSUME')
    this.#consumeTracer = new ConsumeTracer(this.#tracer, this.group, instance.io.clock, instance.uniqueKeys)
  }

  /** Under which brokers know this client. */
  get clientId(): string {
    return this.#core.instance.clientId
  }
  /** Queues this consumer reads now. */
  get queues(): MessageQueue[] {
    return this.#core.assigned()
  }
  /** Those of them that are paused. */
  get pausedQueues(): MessageQueue[] {
    return this.#core.assigned((queue) => this.#core.pauses.hold(queue))
  }

  /** Returns the way to stop listening. */
  on<Name extends keyof ConsumerEvents>(name: Name, listener: (event: ConsumerEvents[Name]) => void): () => void {
    return this.#core.events.on(name, listener)
  }

  /** Shares the topic with the other members of the group, before or after the start. */
  subscribe(topic: string, expression: SubscriptionExpression = '*'): Promise<void> {
    return this.#core.subscribe(topic, expression)
  }

  unsubscribe(topic: string): Promise<void> {
    return this.#core.unsubscribe(topic)
  }

  /** Reads exactly these queues, shared with nobody. After `start`; not together with `subscribe`. */
  async assign(queues: readonly MessageQueue[]): Promise<void> {
    this.#checkOpen()
    if (this.#core.subscriptions.size > 0)
      throw new ClientError(
        'OPTION_INVALID',
        `consumer of group '${this.group}' subscribes to topics: it cannot be assigned queues too`,
      )
    await this.#core.assign(queues)
  }

  /** Hands out nothing of these queues, whosever they are now, or of any, until `resume`. */
  pause(queues?: readonly MessageQueue[]): void {
    this.#core.pause(queues)
    for (const puller of [...this.#ready]) if (puller.isHeld) this.#onRemoved(puller)
  }

  /** Goes on with these queues, or with all. */
  resume(queues?: readonly MessageQueue[]): void {
    this.#core.resume(queues)
  }

  /** Rejects with `NAMESRV_UNREACHABLE`. */
  async start(options: { signal?: AbortSignal } = {}): Promise<this> {
    await this.#core.start(options.signal)
    return this
  }

  /** All queues of a topic that can be read. */
  async topicQueues(topic: string): Promise<readonly MessageQueue[]> {
    const { readQueues } = await this.#core.instance.routes.forReading(this.#core.names.known(topic))
    return readQueues.map((queue) => this.#core.names.namedQueue(queue))
  }

  /** The next messages: at least one, or none when the time is over or the consumer is closed. */
  async poll(options: PollOptions = {}): Promise<ReceivedMessage[]> {
    this.#checkOpen()
    const limited = withinDeadline(options, this.#core.instance.io.clock, `poll of group ${this.group}`)
    const { max = 32, timeout = 5000, signal } = limited
    this.#finishTaken()
    if (this.#ready.length === 0) await this.#arrival(timeout, signal)
    const messages: ReceivedMessage[] = []
    while (messages.length < max) {
      const message = this.#take()
      if (message === undefined) break
      messages.push(message)
    }
    return messages
  }

  /** Messages one by one, until the consumer is closed. */
  async *messages(options: { signal?: AbortSignal } = {}): AsyncGenerator<ReceivedMessage, void, undefined> {
    this.#checkOpen()
    while (this.#closing === undefined) {
      this.#finishTaken()
      const message = this.#take()
      if (message === undefined) await this.#arrival(Infinity, options.signal)
      else yield message
    }
  }

  [Symbol.asyncIterator](): AsyncGenerator<ReceivedMessage, void, undefined> {
    return this.messages()
  }

  /** Keeps what has been handed out so far as consumed. Rejects with `ClientError` when a broker does not take it. */
  async commit(): Promise<void> {
    this.#finishTaken()
    await this.#core.commit(true)
  }

  /** Where the next message of a queue comes from. */
  position(queue: MessageQueue): number {
    const { process } = this.#core.queues.get(this.#core.names.knownQueue(queue))
    return process.waiting?.queueOffset ?? process.nextOffset
  }

  /**
   * Goes on at an offset, at the first message, behind the last, or at a time (`searchOffset`: 4.x brokers give the nearer
   * neighbour of the time, 5.x the first message not older). Rejects with `NOT_FOUND` for a queue of somebody else, also when it
   * became that meanwhile.
   */
  async seek(queue: MessageQueue, to: number | 'first' | 'last' | Date): Promise<void> {
    const own = this.#core.names.knownQueue(queue)
    const offset = await this.#offsetOf(this.#core.queues.get(own).queue, to)
    this.#checkOpen()
    const puller = this.#core.queues.get(own)
    puller.seek(offset)
    this.#onRemoved(puller)
  }

  /** The offset the group has committed; undefined when it has committed none. Rejects with `ClientError`. */
  committed(queue: MessageQueue): Promise<number | undefined> {
    return this.#core.offsets.load(this.#core.names.knownQueue(queue))
  }

  /** Commits (see `autoCommit`) and leaves the group. Iterators end. May be called several times. */
  close(options: { timeout?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeout ?? 5000)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    const { isStarted } = this.#core
    this.#core.stopPulling()
    this.#arrivals.wakeAll()
    await this.#tracer?.close(timeoutMs)
    // The last message handed out was not asked to be followed: it counts as not consumed.
    await this.#core.leave(isStarted && this.#autoCommit, timeoutMs)
  }

  async #offsetOf(queue: MessageQueue, to: number | 'first' | 'last' | Date): Promise<number> {
    const { calls } = this.#core
    if (to === 'last') return maxOffset(calls, queue)
    if (to === 'first') return Math.max(0, await minOffset(calls, queue))
    return to instanceof Date ? searchOffset(calls, queue, to.getTime()) : to
  }

  #checkOpen(): void {
    if (this.#core.isStarted) return
    if (this.#closing) throw new ClientError('CLOSED', `consumer of group '${this.group}' is closed`)
    throw new ClientError('NOT_STARTED', `consumer of group '${this.group}' is not started`)
  }

  #onMessages(puller: QueuePuller): void {
    if (!puller.process.hasWaiting || puller.isHeld) return
    if (!this.#ready.includes(puller)) this.#ready.push(puller)
    this.#arrivals.wakeAll()
  }

  #onRemoved(puller: QueuePuller): void {
    const at = this.#ready.indexOf(puller)
    if (at >= 0) this.#ready.splice(at, 1)
  }

  #take(): ReceivedMessage | undefined {
    for (let puller = this.#ready[0]; puller !== undefined; puller = this.#ready[0]) {
      const { process } = puller
      const number = puller.stopped ? -1 : process.take()
      if (!process.hasWaiting || number < 0) this.#ready.shift()
      if (number < 0) continue
      const message = process.message(number)
      this.#taken.push({ puller, process, number, endTrace: this.#consumeTracer?.begin(message) })
      return message
    }
    return undefined
  }

  #finishTaken(): void {
    const taken = this.#taken
    if (taken.length === 0) return
    this.#taken = []
    for (const { puller, process, number, endTrace } of taken) {
      endTrace?.(TraceContextCode.SUCCESS)
      puller.finish(process, number)
    }
  }

  /** Until there are messages, the time is over, or the consumer is closed. Rejects with `ABORTED`. */
  #arrival(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    return this.#arrivals.wait(timeoutMs, signal, `poll of group ${this.group}`)
  }
}
