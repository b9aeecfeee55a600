import { markOneway, requestCommand, RequestCode, type MessageQueue } from '@mq/protocol'
import { leaseInstance, type InstanceLease } from '../client-instance/shared-instances.js'
import { addressOf, queueKey } from '../client-instance/topic-route.js'
import { aborted, ClientError, fromRemotingError } from '../errors.js'
import { Events } from '../events.js'
import { checkGroup } from '../group.js'
import { BrokerFaults } from './broker-faults.js'
import { checkBatch } from './batch-rules.js'
import { checkedBodyBytes, checkProperties, checkTopic, isPlain, type Message } from './message.js'
import { PendingSend } from './pending-send.js'
import { producerSettings, type ProducerOptions, type ProducerSettings, type SendOptions } from './producer-options.js'
import { singleFrame } from './send-frame.js'
import { sendHeader } from './send-header.js'
import type { LaneContext } from './frame-sender.js'
import { SendLane } from './send-lane.js'
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
  readonly #settings: ProducerSettings
  readonly #lanes = new Map<string, SendLane>()
  readonly #events: Events<ProducerEvents>
  readonly #lease: InstanceLease
  readonly #context: LaneContext
  readonly #stopListening: () => void
  #state: 'new' | 'started' | 'closing' | 'closed' = 'new'
  /** Topics for which messages wait for the queues their selector is to choose from. */
  readonly #selecting = new Map<string, Promise<readonly MessageQueue[]>>()
  #pendingMessages = 0
  #pendingBytes = 0
  #onIdle: (() => void) | undefined
  #closing: Promise<void> | undefined
  readonly #dropLane = (lane: SendLane) => this.#laneIdle(lane)

  /** Throws `OPTION_INVALID`. Connects to nothing yet. */
  constructor(options: ProducerOptions) {
    this.#settings = producerSettings(options)
    this.group = checkGroup(this.#settings.group)
    this.#lease = leaseInstance(options)
    const { instance } = this.#lease
    this.#events = new Events(instance.logger)
    this.#context = { instance, settings: this.#settings, faults: new BrokerFaults(instance.io.clock) }
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

  /** Rejects with `NAMESRV_UNREACHABLE` when no name server can be reached: a wrong address shows here, not at the first send. */
  async start(options: { signal?: AbortSignal } = {}): Promise<this> {
    if (this.#state === 'started') return this
    if (this.#state !== 'new') throw new ClientError('CLOSED', `producer '${this.group}' is closed`)
    const { nameServers } = this.#lease.instance
    await nameServers.call(() => requestCommand(RequestCode.GET_BROKER_CLUSTER_INFO), options)
    this.#lease.instance.addProducer(this)
    this.#state = 'started'
    return this
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
    return new Promise((resolve, reject) => {
      try {
        const pending = this.#accept(message, options, resolve, reject)
        if (options?.selector && !options.queue) this.#selectThenSend(pending, options)
        else this.#lane(message.topic, options?.timeout, options?.queue).add(pending)
      } catch (error) {
        reject(error)
      }
    })
  }

  /**
   * Sends messages of one topic as one batch: to one queue, at consecutive offsets, all or none. Rejects with
   * `MESSAGE_INVALID` when RocketMQ's rules do not allow it. For mere speed this is not needed, see `grouping`.
   */
  async sendBatch(messages: readonly Message[], options?: SendOptions): Promise<SendResult[]> {
    checkBatch(messages, this.#settings)
    const { topic } = messages[0]!
    const queue = options?.queue ?? (options?.selector && (await this.#select(messages[0]!, options)))
    const pendings: PendingSend[] = []
    const results = messages.map(
      (message) =>
        new Promise<SendResult>((resolve, reject) => {
          pendings.push(this.#accept(message, options, resolve, reject))
        }),
    )
    if (pendings.length === messages.length) this.#lane(topic, options?.timeout, queue).addBatch(pendings)
    return Promise.all(results)
  }

  /** Sends without waiting for the broker: fast, and nobody tells when it is lost. Resolves when it has left. */
  async sendOneway(message: Message, options: SendOptions = {}): Promise<void> {
    this.#checkStarted()
    this.#check(message)
    const { instance } = this.#context
    const { topic } = message
    const bytes = checkedBodyBytes(message, this.#settings.maxMessageBytes)
    const route = await instance.routes.forSending(topic, { timeoutMs: options.timeout ?? this.#settings.timeout })
    const queue = options.queue ?? options.selector?.(route.writeQueues, message) ?? this.#anyQueue(route.writeQueues)
    const address = addressOf(route, queue.brokerName)
    if (address === undefined) throw new ClientError('NO_MASTER', `${queue.brokerName} has no live master`, { topic })
    const pending = new PendingSend(message, bytes, 0, ignore, ignore, ignore)
    const frame = singleFrame(pending, instance.uniqueKeys, this.#settings, 0)
    const header = sendHeader(frame, queue, this.group, instance.io.clock.now())
    const command = markOneway(requestCommand(RequestCode.SEND_MESSAGE_V2, header, frame.body))
    await instance.remoting.send(address, command).catch((error: unknown) => {
      throw fromRemotingError(error, `send one-way to ${topic}`, { topic })
    })
  }

  /** The queues a message to the topic may go to. */
  async queues(
    topic: string,
    options: { timeout?: number; signal?: AbortSignal } = {},
  ): Promise<readonly MessageQueue[]> {
    checkTopic(topic)
    const { timeout = this.#settings.timeout, signal } = options
    return (await this.#context.instance.routes.forSending(topic, { timeoutMs: timeout, signal })).writeQueues
  }

  /**
   * Takes no more messages, waits for the answers of those under way, tells the brokers. Messages not answered by then
   * reject with `CLOSED`. May be called several times.
   */
  close(options: { timeout?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(options.timeout ?? 5000)
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(timeoutMs: number): Promise<void> {
    const wasStarted = this.#state === 'started'
    this.#state = 'closing'
    if (this.#pendingMessages > 0) await this.#settle(timeoutMs)
    this.#state = 'closed'
    this.#stopListening()
    if (wasStarted) await this.#lease.instance.removeProducer(this, Math.min(1000, timeoutMs))
    await this.#lease.release()
  }

  /** Until nothing is under way, or the time is over. */
  async #settle(timeoutMs: number): Promise<void> {
    const { clock } = this.#context.instance.io
    await new Promise<void>((resolve) => {
      const timer = clock.after(timeoutMs, resolve)
      this.#onIdle = () => {
        timer.cancel()
        resolve()
      }
    })
    const error = new ClientError('CLOSED', `producer '${this.group}' was closed before the broker answered`)
    for (const lane of this.#lanes.values()) lane.rejectAll(error)
  }

  #checkStarted(): void {
    if (this.#state === 'started') return
    if (this.#state === 'new') throw new ClientError('NOT_STARTED', `producer '${this.group}' is not started`)
    throw new ClientError('CLOSED', `producer '${this.group}' is closed`)
  }

  #check(message: Message): void {
    if (!this.#lanes.has(message.topic)) checkTopic(message.topic)
    if (!isPlain(message)) checkProperties(message)
  }

  #accept(
    message: Message,
    options: SendOptions | undefined,
    resolve: (result: SendResult) => void,
    reject: (error: ClientError) => void,
  ): PendingSend {
    this.#checkStarted()
    this.#check(message)
    const bytes = checkedBodyBytes(message, this.#settings.maxMessageBytes)
    const { pendingMessagesMax, pendingBytesMax } = this.#settings
    if (this.#pendingMessages >= pendingMessagesMax || this.#pendingBytes + bytes > pendingBytesMax) {
      const waiting = `${this.#pendingMessages} messages of ${this.#pendingBytes} bytes are not answered yet`
      throw new ClientError('TOO_MANY_REQUESTS', `send to ${message.topic}: ${waiting}`, { topic: message.topic })
    }
    this.#pendingMessages++
    this.#pendingBytes += bytes
    const pending = new PendingSend(
      message,
      bytes,
      this.#context.instance.io.clock.monotonic(),
      resolve,
      reject,
      this.#release,
    )
    if (options?.signal) this.#giveUpOnAbort(pending, options.signal)
    return pending
  }

  readonly #release = (bytes: number): void => {
    this.#pendingMessages--
    this.#pendingBytes -= bytes
    if (this.#pendingMessages === 0) this.#onIdle?.()
  }

  #giveUpOnAbort(pending: PendingSend, signal: AbortSignal): void {
    const abort = () => pending.reject(aborted(`send to ${pending.message.topic}`, signal))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    pending.stopListening = () => signal.removeEventListener('abort', abort)
  }

  /** Lanes with a time or a queue of their own go when they are empty; a topic's own lane stays. */
  #lane(topic: string, timeout: number | undefined, queue: MessageQueue | undefined): SendLane {
    const timeoutMs = timeout ?? this.#settings.timeout
    const isOwn = queue === undefined && timeoutMs === this.#settings.timeout
    const key = isOwn ? topic : `${queue ? queueKey(queue) : topic}\n${timeoutMs}`
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      lane = new SendLane(this.#context, { key, topic, timeoutMs, queue, onIdle: isOwn ? ignore : this.#dropLane })
      this.#lanes.set(key, lane)
    }
    return lane
  }

  #laneIdle(lane: SendLane): void {
    this.#lanes.delete(lane.key)
  }

  #selectThenSend(pending: PendingSend, options: SendOptions): void {
    const { message } = pending
    const { topic } = message
    const sendTo = (queues: readonly MessageQueue[]) => {
      try {
        this.#lane(topic, options.timeout, this.#chosen(message, queues, options)).add(pending)
      } catch (error) {
        pending.reject(fromRemotingError(error, `send to ${topic}`, { topic }))
      }
      return queues
    }
    const route = this.#context.instance.routes.known(topic)
    const earlier = this.#selecting.get(topic)
    if (earlier === undefined && route && route.writeQueues.length > 0) return void sendTo(route.writeQueues)
    // What was sent first is to leave first: those behind a message that waits for the route wait for it.
    const selected = (earlier ?? this.queues(topic, { timeout: options.timeout })).then(sendTo)
    selected.catch((error) => pending.reject(fromRemotingError(error, `send to ${topic}`, { topic })))
    this.#selecting.set(topic, selected)
    const done = () => this.#selecting.get(topic) === selected && this.#selecting.delete(topic)
    selected.then(done, done)
  }

  async #select(message: Message, options: SendOptions): Promise<MessageQueue> {
    return this.#chosen(message, await this.queues(message.topic, options), options)
  }

  #chosen(message: Message, queues: readonly MessageQueue[], options: SendOptions): MessageQueue {
    const queue = options.selector!(queues, message)
    if (queue !== undefined) return queue
    throw new ClientError(
      'OPTION_INVALID',
      `the selector chose none of the ${queues.length} queues of ${message.topic}`,
    )
  }

  #anyQueue(queues: readonly MessageQueue[]): MessageQueue {
    return queues[this.#context.instance.io.random.below(queues.length)]!
  }
}

const ignore = (): void => {}
