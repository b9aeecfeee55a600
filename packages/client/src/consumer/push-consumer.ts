import type { Answer, MessageQueue, ReceivedCommand } from '@mq/protocol'
import { ClientError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'
import { ConsumeTracer, traceMiddleware } from '../trace/consume-tracer.js'
import { traceTopicOf } from '../trace/trace-option.js'
import { Tracer } from '../trace/tracer.js'
import { consumeConcurrently } from './concurrent-consumption.js'
import { ConsumerCore } from './consumer-core.js'
import type { ConsumerEvents } from './consumer-events.js'
import { consumeDirectly } from './direct-consumption.js'
import type { Dispatcher } from './dispatcher.js'
import { GiveBack } from './give-back.js'
import type { Failure } from './handle.js'
import type { HandlerCall } from './handler-call.js'
import { HandlerRunner } from './handler-runner.js'
import { Handlers } from './handlers.js'
import type { AnyHandler } from './message-handler.js'
import { consumeInOrder } from './ordered-consumption.js'
import type { OrderedDispatcher } from './ordered-dispatcher.js'
import { pushSettings, type PushConsumerOptions, type PushSettings } from './push-options.js'
import type { SubscriptionExpression } from './subscription.js'
import { within } from '../within.js'

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
  readonly #settings: PushSettings
  readonly #core: ConsumerCore
  readonly #handlers: Handlers
  readonly #runner: HandlerRunner
  readonly #dispatcher: Dispatcher | OrderedDispatcher
  readonly #tracer: Tracer | undefined
  #closing: Promise<void> | undefined

  /** Throws `OPTION_INVALID`. Connects to nothing yet. */
  constructor(options: PushConsumerOptions) {
    this.group = options.group
    this.#settings = pushSettings(options)
    const { ordered } = this.#settings
    const traceTopic = traceTopicOf(options.trace)
    this.#core = new ConsumerCore(options, {
      consumeType: 'CONSUME_PASSIVELY',
      retries: true,
      autoCommit: true,
      ordered: ordered ? { idle: (puller) => (this.#dispatcher as OrderedDispatcher).idle(puller) } : undefined,
      onMessages: (puller) => this.#dispatcher.add(puller),
      onRemoved: (puller) => this.#dispatcher.remove(puller),
      concurrency: () => this.#settings.concurrency.limit,
      running: () => this.#runner.running.all(),
      consumeDirectly: (request) => this.#consumeDirectly(request),
    })
    const { group } = this
    const { instance } = this.#core
    const { clock } = instance.io
    this.#tracer = traceTopic === undefined ? undefined : new Tracer(instance, traceTopic, group, 'CONSUME')
    const tracing = this.#tracer && new ConsumeTracer(this.#tracer, group, clock, instance.uniqueKeys)
    const middleware = [...(tracing ? [traceMiddleware(tracing)] : []), ...(options.middleware ?? [])]
    this.#handlers = new Handlers(group, middleware, options.handler)
    this.#runner = new HandlerRunner({
      ...{ clock, group, handlers: this.#handlers, givesUp: !ordered },
      consumeTimeoutMs: this.#settings.consumeTimeoutMs,
      onEnd: (call, failed, tookMs) => this.#count(call, failed, tookMs),
      onOverdue: (call, runningMs) => this.#tellOverdue(call, runningMs),
    })
    this.#dispatcher = this.#makeDispatcher()
  }

  /** Under which brokers know this client. */
  get clientId(): string {
    return this.#core.instance.clientId
  }
  /** Queues this member has now. */
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

  /** Consumes a topic, before or after the start. Throws `OPTION_INVALID`. */
  async subscribe(topic: string, expression: SubscriptionExpression = '*', handler?: AnyHandler): Promise<void> {
    if (handler) this.#handlers.set(this.#core.names.named(topic), handler)
    this.#checkCovered(topic)
    await this.#core.subscribe(topic, expression)
  }

  async unsubscribe(topic: string): Promise<void> {
    this.#handlers.delete(this.#core.names.named(topic))
    await this.#core.unsubscribe(topic)
  }

  /**
   * Joins the group; messages come from now on. Rejects with `NAMESRV_UNREACHABLE`. A topic that is not there yet is
   * waited for, and told by a `problem` event.
   */
  async start(options: { signal?: AbortSignal } = {}): Promise<this> {
    for (const topic of this.#core.subscriptions.topics()) this.#checkCovered(topic)
    await this.#core.start(options.signal)
    if (this.#core.isStarted) this.#settings.concurrency.start(this.#core.instance.io.clock, this.#dispatcher)
    return this
  }

  /**
   * Takes nothing more from these queues, whosever they are now, or from any; handlers that run go on. What was fetched
   * before waits here until `resume`.
   */
  pause(queues?: readonly MessageQueue[]): void {
    this.#core.pause(queues)
  }

  /** Goes on with these queues, or with all. */
  resume(queues?: readonly MessageQueue[]): void {
    this.#core.resume(queues)
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
    this.#settings.concurrency.close()
    await within(this.#core.instance.io.clock, timeoutMs, this.#dispatcher.stop())
    this.#runner.abort(new ClientError('CLOSED', `consumer of group '${this.group}' was closed`))
    await this.#tracer?.close(Math.min(timeoutMs, 5000))
    await this.#core.leave(isStarted, Math.max(1000, Math.min(timeoutMs, 5000)))
  }

  #makeDispatcher(): Dispatcher | OrderedDispatcher {
    const { concurrency, suspendMs, maxReconsumeTimes } = this.#settings
    const giveBack = new GiveBack(this.#core.instance, this.#core.settings, maxReconsumeTimes)
    const onFailed = (failure: Failure) => this.#tellFailure(failure)
    const common = { concurrency, handlers: this.#handlers, runner: this.#runner, onFailed }
    return this.#settings.ordered
      ? consumeInOrder(this.#core, giveBack, { ...common, suspendMs, maxReconsumeTimes })
      : consumeConcurrently(this.#core, giveBack, common)
  }

  #checkCovered(topic: string): void {
    if (this.#handlers.cover(this.#core.names.named(topic))) return
    throw new ClientError(
      'OPTION_INVALID',
      `topic '${topic}' has no handler: hand one to subscribe(), or set option 'handler'`,
      { topic },
    )
  }

  #consumeDirectly(request: ReceivedCommand): Promise<Answer> {
    const { instance, settings } = this.#core
    const kind = { ordered: this.#settings.ordered, namespace: settings.namespace }
    return consumeDirectly(request, this.#runner, instance.io.clock, kind)
  }

  #count({ messages }: HandlerCall, failed: number, tookMs: number): void {
    const topic = this.#core.names.known(messages[0]!.queue.topic)
    this.#core.statistics.ran(topic, messages.length - failed, failed, tookMs)
  }

  #tellFailure({ message, error }: Failure): void {
    if (error === undefined) return
    const { msgId, topic, reconsumeTimes } = message
    const said = error instanceof Error ? error.message : String(error)
    const problem = `the handler failed with message ${msgId}: ${said}`
    this.#core.instance.logger.warn({ msgId, topic, reconsumeTimes, error }, problem)
  }

  #tellOverdue({ messages }: HandlerCall, runningMs: number): void {
    const [{ msgId, topic }] = messages as readonly [ReceivedMessage]
    const fate = this.#settings.ordered ? 'its queue waits for it' : 'it is given back and comes again'
    const next = 'Let the handler heed its signal, or raise consumeTimeout'
    const problem = `the handler did not end within ${runningMs} ms with message ${msgId} of ${topic}: ${fate}. ${next}.`
    this.#core.instance.logger.warn({ msgId, topic, runningMs, messages: messages.length }, problem)
    this.#core.events.emit('overdue', { messages, runningMs })
  }
}
