import { markOneway, requestCommand, type MessageQueue } from '@mq/protocol'
import { addressOf, queueKey } from '../client-instance/topic-route.js'
import { aborted, ClientError, fromRemotingError } from '../errors.js'
import type { Envelope } from './envelope.js'
import type { LaneContext } from './frame-sender.js'
import { checkedBodyBytes, checkProperties, checkTopic, isPlain, type Message } from './message.js'
import { PendingSend } from './pending-send.js'
import type { SendOptions } from './producer-options.js'
import { routeInTime } from './route-in-time.js'
import { singleFrame } from './send-frame.js'
import { sendHeader } from './send-header.js'
import { SendLane } from './send-lane.js'
import type { SendResult } from './send-result.js'

type OnResult = (result: SendResult) => void
type OnError = (error: ClientError) => void

/** Takes messages, within limits, and leads each to the lane of its topic or of the queue chosen for it. */
export class MessageSender {
  readonly #lanes = new Map<string, SendLane>()
  /** Topics for which messages wait for the queues their selector is to choose from. */
  readonly #selecting = new Map<string, Promise<readonly MessageQueue[]>>()
  /** Messages that wait for the queues their selector is to choose from. */
  readonly #unselected = new Set<PendingSend>()
  /** Set when nothing is taken any more. */
  #closed: ClientError | undefined
  #pendingMessages = 0
  #pendingBytes = 0
  #onIdle: (() => void) | undefined
  readonly #dropLane = (lane: SendLane) => this.#laneIdle(lane)

  constructor(private readonly context: LaneContext) {}

  send(message: Message, options: SendOptions | undefined, envelope: Envelope | undefined): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      try {
        const pending = this.#accept(message, options, envelope, resolve, reject)
        if (options?.selector && !options.queue) this.#selectThenSend(pending, options)
        else this.#lane(message.topic, options?.timeout, options?.queue).add(pending)
      } catch (error) {
        reject(error)
      }
    })
  }

  /** The messages must obey RocketMQ's rules for batches: see `checkBatch`. */
  async sendBatch(
    messages: readonly Message[],
    options: SendOptions | undefined,
    envelope: Envelope | undefined,
  ): Promise<SendResult[]> {
    const { topic } = messages[0]!
    const queue = options?.queue ?? (options?.selector && (await this.#select(messages[0]!, options)))
    const { pendings, results, refusal } = this.#acceptAll(messages, options, envelope)
    if (refusal === undefined) this.#lane(topic, options?.timeout, queue).addBatch(pendings)
    else for (const pending of pendings) pending.reject(refusal)
    return results
  }

  /** `refusal`: of the first that was not accepted; those after it are not either. */
  #acceptAll(messages: readonly Message[], options: SendOptions | undefined, envelope: Envelope | undefined) {
    const pendings: PendingSend[] = []
    let refusal: ClientError | undefined
    const accept = (message: Message) =>
      new Promise<SendResult>((resolve, reject) => {
        try {
          if (refusal === undefined) pendings.push(this.#accept(message, options, envelope, resolve, reject))
        } catch (error) {
          refusal = error as ClientError
          reject(refusal)
        }
      })
    return { results: Promise.all(messages.map(accept)), pendings, refusal }
  }

  async sendOneway(message: Message, options: SendOptions, envelope: Envelope | undefined): Promise<void> {
    this.#check(message, envelope)
    const { instance, settings } = this.context
    const { topic } = message
    const bytes = checkedBodyBytes(message, settings.maxMessageBytes)
    const { timeout = settings.timeout, signal } = options
    const startedMs = instance.io.clock.monotonic()
    const route = await routeInTime(instance, topic, { timeoutMs: timeout, signal })
    if (this.#closed) throw this.#closed
    if (signal?.aborted) throw aborted(`send one-way to ${topic}`, signal)
    const queue = options.queue ?? options.selector?.(route.writeQueues, message) ?? this.#anyQueue(route.writeQueues)
    const address = addressOf(route, queue.brokerName)
    if (address === undefined) throw new ClientError('NO_MASTER', `${queue.brokerName} has no live master`, { topic })
    const pending = new PendingSend(message, bytes, 0, ignore, ignore, ignore, envelope)
    const frame = singleFrame(pending, instance.uniqueKeys, settings, 0)
    const header = sendHeader(frame, queue, settings, instance.io.clock.now())
    const timeoutMs = Math.max(1, timeout - (instance.io.clock.monotonic() - startedMs))
    await instance.remoting
      .send(address, markOneway(requestCommand(frame.requestCode, header, frame.body)), { timeoutMs, signal })
      .catch((error: unknown) => {
        throw fromRemotingError(error, `send one-way to ${topic}`, { topic })
      })
  }

  async queues(topic: string, options: { timeout?: number; signal?: AbortSignal }): Promise<readonly MessageQueue[]> {
    checkTopic(topic)
    const { timeout = this.context.settings.timeout, signal } = options
    return (await routeInTime(this.context.instance, topic, { timeoutMs: timeout, signal })).writeQueues
  }

  /** Waits until nothing is under way, or the time is over; what is left then, and what comes later, is rejected with `error`. */
  async settle(timeoutMs: number, error: ClientError): Promise<void> {
    if (this.#pendingMessages > 0) await this.#idle(timeoutMs)
    this.#closed = error
    for (const pending of this.#unselected) pending.reject(error)
    for (const lane of this.#lanes.values()) lane.rejectAll(error)
  }

  #idle(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.context.instance.io.clock.after(timeoutMs, resolve)
      this.#onIdle = () => {
        timer.cancel()
        resolve()
      }
    })
  }

  #check(message: Message, envelope: Envelope | undefined): void {
    if (!this.#lanes.has(message.topic)) checkTopic(message.topic)
    if (!isPlain(message)) checkProperties(message, envelope)
  }

  #accept(
    message: Message,
    options: SendOptions | undefined,
    envelope: Envelope | undefined,
    resolve: OnResult,
    reject: OnError,
  ): PendingSend {
    if (this.#closed) throw this.#closed
    this.#check(message, envelope)
    const { settings, instance } = this.context
    const bytes = checkedBodyBytes(message, settings.maxMessageBytes)
    if (this.#pendingMessages >= settings.pendingMessagesMax || this.#pendingBytes + bytes > settings.pendingBytesMax) {
      const waiting = `${this.#pendingMessages} messages of ${this.#pendingBytes} bytes are not answered yet`
      throw new ClientError('TOO_MANY_REQUESTS', `send to ${message.topic}: ${waiting}`, { topic: message.topic })
    }
    this.#pendingMessages++
    this.#pendingBytes += bytes
    const startedMs = instance.io.clock.monotonic()
    const pending = new PendingSend(message, bytes, startedMs, resolve, reject, this.#release, envelope)
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
    const { settings } = this.context
    const timeoutMs = timeout ?? settings.timeout
    const isOwn = queue === undefined && timeoutMs === settings.timeout
    const key = isOwn ? topic : `${queue ? queueKey(queue) : topic}\n${timeoutMs}`
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      lane = new SendLane(this.context, { key, topic, timeoutMs, queue, onIdle: isOwn ? ignore : this.#dropLane })
      this.#lanes.set(key, lane)
    }
    return lane
  }

  #laneIdle(lane: SendLane): void {
    if (this.#lanes.get(lane.key) === lane) this.#lanes.delete(lane.key)
  }

  #selectThenSend(pending: PendingSend, options: SendOptions): void {
    const { message } = pending
    const { topic } = message
    const sendTo = (queues: readonly MessageQueue[]) => {
      this.#unselected.delete(pending)
      try {
        // Given up by its caller, or by close.
        if (!pending.settled) this.#lane(topic, options.timeout, this.#chosen(message, queues, options)).add(pending)
      } catch (error) {
        pending.reject(fromRemotingError(error, `send to ${topic}`, { topic }))
      }
      return queues
    }
    const route = this.context.instance.routes.known(topic)
    const earlier = this.#selecting.get(topic)
    if (earlier === undefined && route && route.writeQueues.length > 0) return void sendTo(route.writeQueues)
    // What was sent first is to leave first: those behind a message that waits for the route wait for it.
    this.#unselected.add(pending)
    const selected = (earlier ?? this.queues(topic, { timeout: options.timeout })).then(sendTo)
    selected.catch((error) => {
      this.#unselected.delete(pending)
      pending.reject(fromRemotingError(error, `send to ${topic}`, { topic }))
    })
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
    return queues[this.context.instance.io.random.below(queues.length)]!
  }
}

const ignore = (): void => {}
