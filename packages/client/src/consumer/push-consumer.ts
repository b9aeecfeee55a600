import {
  encodeConsumeMessageDirectlyResult,
  ResponseCode,
  withoutNamespace,
  type Answer,
  type ConsumeMessageDirectlyResult,
  type ReceivedCommand,
} from '@mq/protocol'
import { ClientError } from '../errors.js'
import { ReceivedMessage } from '../received-message.js'
import { ConsumerCore } from './consumer-core.js'
import type { ConsumerEvents } from './consumer-events.js'
import { positive, type ConsumerOptions } from './consumer-options.js'
import { observeConsuming } from '../diagnostics/observe-consuming.js'
import { consumeTracer } from '../trace/consume-tracer.js'
import { traceTopicOf, type TraceOption } from '../trace/trace-option.js'
import { Tracer } from '../trace/tracer.js'
import { Dispatcher } from './dispatcher.js'
import { withMiddleware, type HandlerMiddleware } from './middleware.js'
import { GiveBack } from './give-back.js'
import { runHandler, type ConsumeOutcome, type Handle, type Verdicts } from './handler-run.js'
import { consumeInOrder } from './ordered-consumption.js'
import type { OrderedDispatcher } from './ordered-dispatcher.js'
import type { SubscriptionExpression } from './subscription.js'
import { within } from './within.js'

export interface HandlerContext {
  /** Aborts when the consumer is closed and the time it gave its handlers is over. */
  readonly signal: AbortSignal
}

/**
 * Consumes a message. What it throws, or 'later', gives the message back: the broker delivers it again after 10 s, then
 * 30 s, 1 min … up to 2 h (`{ later: level }`: after that delay level; `{ later: -1 }`: to the dead-letter queue). With
 * option `ordered` it is tried again in its place instead, before any message behind it.
 */
export type MessageHandler = (
  message: ReceivedMessage,
  context: HandlerContext,
) => ConsumeOutcome | Promise<ConsumeOutcome>

export interface PushConsumerOptions extends ConsumerOptions {
  /** Consumes messages of the topics that have no handler of their own. */
  handler?: MessageHandler
  /** Handlers running at the same time. Default 20. */
  concurrency?: number
  /** Stands around every handler, the first outermost: for logging, metrics, contexts. Costs nothing when there is none. */
  middleware?: readonly HandlerMiddleware[]
  /** Message trace in Apache's format, to its system topic or another one: what was consumed, how, and how long that took. */
  trace?: TraceOption
  /** Times a message is tried again before it goes to the dead-letter queue. Default 16; without limit when `ordered`. */
  maxReconsumeTimes?: number
  /**
   * Messages of a queue are consumed in order, one at a time; of many queues at once. While a message fails, its queue
   * waits. Only one member of the group has a queue at a time, by a lock at its broker. Default false.
   */
  ordered?: boolean
  /** Ordered: milliseconds before a message that failed is tried again. Default 1000. */
  suspendMs?: number
}

/** A message that can neither be consumed nor given back is tried again here after this time, ms. */
const localRetryMs = 5000

/**
 * Consumes messages by a handler, as they come.
 *
 *     const consumer = new PushConsumer({ namesrv: '127.0.0.1:9876', group: 'Billing' })
 *     await consumer.subscribe('Orders', '*', async (message) => bill(message.json()))
 *     await consumer.start()
 */
export class PushConsumer {
  /** The group this consumer is a member of. */
  readonly group: string
  readonly #core: ConsumerCore
  readonly #dispatcher: Dispatcher | OrderedDispatcher
  readonly #handlers = new Map<string, MessageHandler>()
  readonly #giveBack: GiveBack
  readonly #ownHandler: MessageHandler | undefined
  readonly #middleware: readonly HandlerMiddleware[]
  readonly #tracer: Tracer | undefined
  readonly #abort = new AbortController()
  readonly #context: HandlerContext = { signal: this.#abort.signal }
  readonly #handle: Handle = (message) => this.#handlerOf(message)(message, this.#context)
  readonly #verdicts: Verdicts<void> = {
    success: undefined,
    later: (message, delayLevel, error) => this.#later(message, delayLevel, error),
  }
  #closing: Promise<void> | undefined

  /** Throws `OPTION_INVALID`. Connects to nothing yet. */
  constructor(private readonly options: PushConsumerOptions) {
    this.group = options.group
    const maxReconsumeTimes = positive('maxReconsumeTimes', options.maxReconsumeTimes, options.ordered ? Infinity : 16)
    const concurrency = positive('concurrency', options.concurrency, 20)
    const suspendMs = positive('suspendMs', options.suspendMs, 1000)
    this.#core = new ConsumerCore(options, {
      consumeType: 'CONSUME_PASSIVELY',
      retries: true,
      autoCommit: true,
      ordered: options.ordered ? { idle: (puller) => (this.#dispatcher as OrderedDispatcher).idle(puller) } : undefined,
      onMessages: (puller) => this.#dispatcher.add(puller),
      onRemoved: (puller) => this.#dispatcher.remove(puller),
      consumeDirectly: (request) => this.#consumeDirectly(request),
    })
    const { group } = this
    const { instance } = this.#core
    const traceTopic = traceTopicOf(options.trace)
    this.#tracer = traceTopic === undefined ? undefined : new Tracer(instance, traceTopic, group, 'CONSUME')
    const tracing = this.#tracer && consumeTracer(this.#tracer, group, instance.io.clock, instance.uniqueKeys)
    this.#middleware = [observeConsuming(group), ...(tracing ? [tracing] : []), ...(options.middleware ?? [])]
    this.#ownHandler = options.handler && withMiddleware(options.handler, this.#middleware)
    this.#giveBack = new GiveBack(this.#core.instance, this.#core.settings, maxReconsumeTimes)
    this.#dispatcher = options.ordered
      ? consumeInOrder(this.#core, this.#giveBack, {
          concurrency,
          suspendMs,
          maxReconsumeTimes,
          handle: this.#handle,
          onFailed: (message, error) => this.#tellFailure(message, error),
        })
      : new Dispatcher(concurrency, (message) => this.#consume(message))
  }

  /** Under which brokers know this client. */
  get clientId(): string {
    return this.#core.instance.clientId
  }
  /** Queues this member has now. */
  get queues() {
    return this.#core.queues.all().map(({ queue }) => this.#core.names.namedQueue(queue))
  }

  /** Returns the way to stop listening. */
  on<Name extends keyof ConsumerEvents>(name: Name, listener: (event: ConsumerEvents[Name]) => void): () => void {
    return this.#core.events.on(name, listener)
  }

  /** Consumes a topic, before or after the start. Throws `OPTION_INVALID`. */
  async subscribe(topic: string, expression: SubscriptionExpression = '*', handler?: MessageHandler): Promise<void> {
    if (handler) this.#handlers.set(this.#named(topic), withMiddleware(handler, this.#middleware))
    this.#checkHandler(topic)
    await this.#core.subscribe(topic, expression)
  }

  async unsubscribe(topic: string): Promise<void> {
    this.#handlers.delete(this.#named(topic))
    await this.#core.unsubscribe(topic)
  }

  /**
   * Joins the group; messages come from now on. Rejects with `NAMESRV_UNREACHABLE`. A topic that is not there yet is
   * waited for, and told by a `problem` event.
   */
  async start(options: { signal?: AbortSignal } = {}): Promise<this> {
    for (const topic of this.#core.subscriptions.topics()) this.#checkHandler(topic)
    await this.#core.start(options.signal)
    return this
  }

  /**
   * Fetches nothing more, lets handlers that run finish, commits offsets, leaves the group. May be called several times.
   * `timeout`: milliseconds for the handlers; then their signal aborts, and their messages are delivered to another member.
   * Default 30,000.
   */
  close(options: { timeout?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeout ?? 30_000)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    const { isStarted } = this.#core
    this.#core.stopPulling()
    const idle = this.#dispatcher.stop()
    await within(this.#core.instance.io.clock, timeoutMs, idle)
    this.#abort.abort(new ClientError('CLOSED', `consumer of group '${this.group}' was closed`))
    await this.#tracer?.close(Math.min(timeoutMs, 5000))
    await this.#core.leave(isStarted, Math.max(1000, Math.min(timeoutMs, 5000)))
  }

  /** As messages say it. */
  #named(topic: string): string {
    return withoutNamespace(this.options.namespace, topic)
  }

  #checkHandler(topic: string): void {
    if (this.#handlers.has(this.#named(topic)) || this.options.handler) return
    throw new ClientError(
      'OPTION_INVALID',
      `topic '${topic}' has no handler: hand one to subscribe(), or set option 'handler'`,
      { topic },
    )
  }

  #handlerOf(message: ReceivedMessage): MessageHandler {
    // Cheap first: few consumers have handlers by topic and retried messages at once.
    const handler = this.#handlers.size === 0 ? undefined : this.#handlers.get(message.topic)
    return handler ?? this.#ownHandler ?? giveBackUnknown
  }

  #consume(message: ReceivedMessage): void | Promise<void> {
    return runHandler(this.#handle, message, this.#verdicts)
  }

  #later(message: ReceivedMessage, delayLevel: number, error: unknown): Promise<void> {
    if (error !== undefined) this.#tellFailure(message, error)
    return this.#retryLater(message, delayLevel)
  }

  #tellFailure({ msgId, topic, reconsumeTimes }: ReceivedMessage, error: unknown): void {
    const said = error instanceof Error ? error.message : String(error)
    const problem = `the handler failed with message ${msgId}: ${said}`
    this.#core.instance.logger.warn({ msgId, topic, reconsumeTimes, error }, problem)
  }

  /** Resolves when somebody else answers for the message, or, when that is not to be had, it was consumed here after all. */
  async #retryLater(message: ReceivedMessage, delayLevel: number): Promise<void> {
    if (this.#core.settings.broadcasting) {
      // There is no retry in broadcasting: the message would go to all members again.
      this.#core.instance.logger.warn(
        { msgId: message.msgId },
        'a message of a broadcasting consumer failed and is dropped',
      )
      return
    }
    try {
      await this.#giveBack.give(message, delayLevel)
    } catch (error) {
      this.#core.events.emit('problem', { error: error as ClientError })
      await this.#afterAWhile()
      await this.#consume(message)
    }
  }

  #afterAWhile(): Promise<void> {
    return new Promise((resolve) => this.#core.instance.io.clock.after(localRetryMs, resolve))
  }

  /** An operator asks to see what this consumer makes of one message (309). */
  async #consumeDirectly(request: ReceivedCommand): Promise<Answer> {
    const { clock } = this.#core.instance.io
    const startedMs = clock.monotonic()
    const message = new ReceivedMessage(request.body ?? new Uint8Array(0), 0, undefined, this.options.namespace)
    const result = await this.#tryDirectly(message)
    const spentTimeMills = Math.round(clock.monotonic() - startedMs)
    const body = encodeConsumeMessageDirectlyResult({
      order: this.options.ordered ?? false,
      autoCommit: true,
      remark: undefined,
      ...result,
      spentTimeMills,
    })
    return { code: ResponseCode.SUCCESS, body }
  }

  async #tryDirectly(
    message: ReceivedMessage,
  ): Promise<Pick<ConsumeMessageDirectlyResult, 'consumeResult' | 'remark'>> {
    try {
      const outcome = await this.#handle(message)
      return {
        consumeResult: outcome === undefined || outcome === 'success' ? 'CR_SUCCESS' : 'CR_LATER',
        remark: undefined,
      }
    } catch (error) {
      return { consumeResult: 'CR_THROW_EXCEPTION', remark: error instanceof Error ? error.message : String(error) }
    }
  }
}

/** A retried message of a topic that is no longer subscribed to: other members of the group may know it. */
const giveBackUnknown: MessageHandler = () => 'later'
