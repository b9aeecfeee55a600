import { requestCommand, RequestCode, type MessageQueue } from '@mq/protocol'
import type { ProducerMember } from '../client-instance/group-member.js'
import { leaseInstance, type InstanceLease } from '../client-instance/shared-instances.js'
import { sendEnd, sendStart } from '../diagnostics/channels.js'
import { observeSend } from '../diagnostics/observe-send.js'
import { withinDeadline } from '../deadline.js'
import { ClientError } from '../errors.js'
import { Events } from '../events.js'
import { checkGroup } from '../group.js'
import type { ReceivedMessage } from '../received-message.js'
import { replyEnvelope, replyMessage, type Reply } from '../request-reply/reply.js'
import { Requests, type RequestOptions } from '../request-reply/requests.js'
import { Starting } from '../starting.js'
import { SendTracer } from '../trace/send-tracer.js'
import { traceTopicOf } from '../trace/trace-option.js'
import { Tracer } from '../trace/tracer.js'
import { BrokerFaults } from './broker-faults.js'
import { checkBatch } from './batch-rules.js'
import type { Envelope } from './envelope.js'
import type { LaneContext } from './frame-sender.js'
import type { Message } from './message.js'
import { MessageSender } from './message-sender.js'
import { NamespaceView } from './namespace-view.js'
import { producerSettings, type ProducerOptions, type SendOptions } from './producer-options.js'
import type { SendResult } from './send-result.js'

/** Events of a producer. */
export interface ProducerEvents {
  connected: { address: string }
  disconnected: { address: string; reason?: string }
}

/**
 * Sends messages.
 *
 *     const producer = new Producer({ namesrv: '127.0.0.1:9876' })
 *     await producer.start()
 *     const { msgId } = await producer.send({ topic: 'Orders', body: 'hello' })
 *     await producer.close()
 */
export class Producer {
  readonly group: string
  /** @internal */
  protected readonly context: LaneContext
  readonly #sender: MessageSender
  readonly #requests: Requests
  readonly #events: Events<ProducerEvents>
  readonly #lease: InstanceLease
  /** @internal What the client instance knows of this producer. */
  protected readonly member: ProducerMember
  readonly #stopListening: () => void
  readonly #starting = new Starting()
  #state: 'new' | 'started' | 'closing' | 'closed' = 'new'
  #closing: Promise<void> | undefined

  /** Throws `OPTION_INVALID`. Connects to nothing yet. */
  constructor(options: ProducerOptions) {
    const settings = producerSettings(options)
    const names = settings.namespace === '' ? undefined : new NamespaceView(settings.namespace)
    this.group = settings.group
    checkGroup(settings.brokerGroup)
    const traceTopic = traceTopicOf(options.trace)
    // Nothing may throw from here on: the lease would never be let go.
    this.#lease = leaseInstance(options)
    const { instance } = this.#lease
    this.member = { group: settings.brokerGroup }
    this.#events = new Events(instance.logger)
    const trace =
      traceTopic === undefined
        ? undefined
        : new SendTracer(new Tracer(instance, traceTopic, this.group, 'PRODUCE'), settings, instance.io.clock)
    this.context = { instance, settings, names, trace, faults: new BrokerFaults(instance.io.clock) }
    this.#sender = new MessageSender(this.context)
    this.#requests = new Requests(this.context, (message, sendOptions, envelope) =>
      this.deliver(message, sendOptions, envelope),
    )
    this.#stopListening = instance.remoting.onConnection(({ address, state, reason }) =>
      state === 'connected'
        ? this.#events.emit('connected', { address })
        : this.#events.emit('disconnected', { address, reason }),
    )
  }

  /** Under which brokers know this client. */
  get clientId(): string {
    return this.#lease.instance.clientId
  }

  /**
   * Rejects with `NAMESRV_UNREACHABLE` when no name server can be reached: a wrong address shows here, not at the first send;
   * with `CLOSED` when it is closed meanwhile.
   */
  async start(options: { signal?: AbortSignal } = {}): Promise<this> {
    await this.#starting.run(() => this.#startNow(options.signal))
    return this
  }

  async #startNow(signal: AbortSignal | undefined): Promise<void> {
    if (this.#state === 'started') return
    this.#checkOpen()
    const { instance } = this.#lease
    await instance.nameServers.call(() => requestCommand(RequestCode.GET_BROKER_CLUSTER_INFO), { signal })
    this.#checkOpen()
    instance.addProducer(this.member)
    this.#state = 'started'
  }

  /** Returns the way to stop listening. */
  on<Name extends keyof ProducerEvents>(name: Name, listener: (event: ProducerEvents[Name]) => void): () => void {
    return this.#events.on(name, listener)
  }

  /**
   * Sends a message; resolves when the broker has acknowledged it. Rejects with `ClientError`; after `TIMEOUT` and
   * `CONNECTION_LOST` the message may have been stored nevertheless.
   */
  send(message: Message, options?: SendOptions): Promise<SendResult> {
    return this.deliver(message, options, undefined)
  }

  /**
   * Sends messages of one topic as one batch: to one queue, at consecutive offsets, all or none. Rejects with
   * `MESSAGE_INVALID` when RocketMQ's rules do not allow it. For mere speed this is not needed, see `grouping`.
   */
  async sendBatch(messages: readonly Message[], options?: SendOptions): Promise<SendResult[]> {
    this.checkStarted()
    checkBatch(messages, this.context.settings)
    const limited = options && this.#limited(options, messages[0]!.topic)
    const { names } = this.context
    if (names === undefined) return this.#sender.sendBatch(messages, limited, undefined)
    const own = messages.map((message) => names.message(message))
    const results = await this.#sender.sendBatch(own, names.options(limited), names.envelope(undefined))
    return results.map((result) => names.result(result))
  }

  /** Sends without waiting for the broker: fast, and nobody tells when it is lost. Resolves when it has left. */
  async sendOneway(message: Message, options: SendOptions = {}): Promise<void> {
    this.checkStarted()
    const limited = this.#limited(options, message.topic)
    const { names } = this.context
    if (names === undefined) return this.#sender.sendOneway(message, limited, undefined)
    return this.#sender.sendOneway(names.message(message), names.options(limited)!, names.envelope(undefined))
  }

  /**
   * Sends a message and resolves with the reply that a consumer of the topic gives by `reply`. `timeout`: milliseconds for
   * all of it, default that of the producer. Rejects with `NO_REPLY` when nobody has replied by then; the request may have
   * been carried out nevertheless.
   */
  async request(message: Message, options: RequestOptions = {}): Promise<ReceivedMessage> {
    this.checkStarted()
    const { topic } = message
    return this.#requests.request(message, this.context.names?.name(topic) ?? topic, this.#limited(options, topic))
  }

  /**
   * Replies to a message that was sent by `request`. Rejects with `MESSAGE_INVALID` for any other message, and with
   * `REFUSED` when the one who asked is gone.
   */
  async reply(request: ReceivedMessage, reply: Reply, options?: SendOptions): Promise<SendResult> {
    this.checkStarted()
    // The reply topic belongs to the cluster: no namespace.
    const limited = options && this.#limited(options, request.topic)
    return this.#sender.send(replyMessage(request, reply), limited, replyEnvelope(request))
  }

  /** The queues a message to the topic may go to. */
  async queues(
    topic: string,
    options: { timeout?: number; signal?: AbortSignal } = {},
  ): Promise<readonly MessageQueue[]> {
    const { names } = this.context
    if (names === undefined) return this.#sender.queues(topic, options)
    return names.queues(await this.#sender.queues(names.name(topic), options))
  }

  /**
   * Takes no more messages, waits for the answers of those under way, tells the brokers. Messages not answered by then
   * reject with `CLOSED`. May be called several times.
   */
  close(options: { timeout?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeout ?? 5000)
    return this.#closing
  }

  async #close(timeoutMs: number): Promise<void> {
    const wasStarted = this.#state === 'started'
    this.#state = 'closing'
    await this.finish(timeoutMs)
    this.#state = 'closed'
    this.#stopListening()
    if (wasStarted) await this.#lease.instance.removeProducer(this.member, Math.min(1000, timeoutMs))
    await this.#lease.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal Sends what the application gave, with what the client adds. */
  protected deliver(
    message: Message,
    options: SendOptions | undefined,
    envelope: Envelope | undefined,
  ): Promise<SendResult> {
    let limited = options
    try {
      this.checkStarted()
      if (options?.deadline !== undefined) limited = this.#limited(options, message.topic)
    } catch (error) {
      return Promise.reject(error)
    }
    return sendStart.hasSubscribers || sendEnd.hasSubscribers
      ? observeSend(this.group, message, (one) => this.#deliverNow(one, limited, envelope))
      : this.#deliverNow(message, limited, envelope)
  }

  #limited<Options extends SendOptions>(options: Options, topic: string): Options {
    return withinDeadline(options, this.context.instance.io.clock, `send to ${topic}`)
  }

  #deliverNow(message: Message, options: SendOptions | undefined, envelope: Envelope | undefined): Promise<SendResult> {
    const { names } = this.context
    if (names === undefined) return this.#sender.send(message, options, envelope)
    const sent = this.#sender.send(names.message(message), names.options(options), names.envelope(envelope))
    return sent.then((result) => names.result(result))
  }

  /** @internal Waits for what is under way; rejects what is left when the time is over. */
  protected async finish(timeoutMs: number): Promise<void> {
    const { clock } = this.context.instance.io
    const startedMs = clock.monotonic()
    const error = new ClientError('CLOSED', `producer '${this.group}' was closed before the broker answered`)
    await this.#sender.settle(timeoutMs, error)
    this.#requests.close()
    await this.context.trace?.close(Math.max(0, timeoutMs - (clock.monotonic() - startedMs)))
  }

  /** @internal */
  protected checkStarted(): void {
    if (this.#state === 'started') return
    this.#checkOpen()
    throw new ClientError('NOT_STARTED', `producer '${this.group}' is not started`)
  }

  #checkOpen(): void {
    if (this.#state === 'closing' || this.#state === 'closed')
      throw new ClientError('CLOSED', `producer '${this.group}' is closed`)
  }
}
