import {
  requestCommand,
  sendMessageResponse,
  type MessageQueue,
  type ReceivedCommand,
  type RemotingCommand,
} from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { addressOf, type TopicRoute } from '../client-instance/topic-route.js'
import { ClientError, fromRemotingError, fromResponse } from '../errors.js'
import type { SendTracer } from '../trace/send-tracer.js'
import type { BrokerFaults } from './broker-faults.js'
import type { NamespaceView } from './namespace-view.js'
import type { ProducerSettings } from './producer-options.js'
import { QueueChoice } from './queue-choice.js'
import { remedyFor, saysRouteIsWrong } from './send-failure.js'
import { isAwaited, singleFrame, type SendFrame } from './send-frame.js'
import { sendHeader } from './send-header.js'
import { sendStatusOf } from './send-result.js'

/** Frames of one message each may be under way to a broker in this number. */
const singlesInFlightMax = 256
/** Before another try where there is no other broker, ms. */
const retryDelayMs = 50
/** A try on one broker of several gets at least this long, ms. */
const attemptMsMin = 300

export interface LaneContext {
  readonly instance: ClientInstance
  readonly settings: ProducerSettings
  readonly faults: BrokerFaults
  /** Undefined without a namespace. */
  readonly names: NamespaceView | undefined
  /** Undefined unless message trace is switched on. */
  readonly trace: SendTracer | undefined
}

/** What is sent to: a topic, or one queue of it that the caller chose. */
export interface Destination {
  readonly topic: string
  readonly queue: MessageQueue | undefined
}

/** Sends the frames of one lane: chooses their queues, tries again where that helps, gives each member its result. */
export class FrameSender {
  readonly #inFlight = new Map<string, number>()
  readonly #choice: QueueChoice
  /** Not answered for good. */
  readonly #open = new Set<SendFrame>()
  #framesInFlight = 0
  /** Frames that wait for their next try. */
  #retrying = 0

  constructor(
    private readonly context: LaneContext,
    private readonly to: Destination,
    /** Called after each answer: there is room for another frame. */
    private readonly onRoom: () => void,
  ) {
    this.#choice = new QueueChoice(context.faults, context.instance.io.random.uint32())
  }

  get isIdle(): boolean {
    return this.#framesInFlight + this.#retrying === 0
  }

  /** A queue on a broker that has room for another frame. Frames to one chosen queue leave one after the other. */
  freeQueue(route: TopicRoute, single: boolean): MessageQueue | undefined {
    if (this.to.queue) return this.isIdle ? this.to.queue : undefined
    const max = single ? singlesInFlightMax : this.context.settings.framesInFlightMax
    return this.#choice.next(route, (brokerName) => (this.#inFlight.get(brokerName) ?? 0) < max)
  }

  /** Rejects all that is not answered. */
  rejectAll(error: ClientError): void {
    for (const { members } of this.#open) for (const member of members) member.reject(error)
  }

  /** Sends now, to any queue, preferring brokers that have not failed with this frame. */
  sendAnywhere(frame: SendFrame, route: TopicRoute): void {
    const queue = this.to.queue ?? this.#choice.next(route, () => true, frame.failedAt)
    if (queue) return this.send(frame, queue, route)
    const { topic } = this.to
    this.#giveUp(frame, new ClientError('NO_QUEUE', `topic '${topic}' has no queue that may be written to`, { topic }))
  }

  send(frame: SendFrame, queue: MessageQueue, route: TopicRoute): void {
    const { topic } = this.to
    const address = addressOf(route, queue.brokerName)
    const startedMs = this.#now()
    frame.attempts++
    this.#open.add(frame)
    this.#count(queue.brokerName, 1)
    if (address === undefined) {
      const problem = `send to ${topic}: the broker ${queue.brokerName} of the queue has no live master`
      return this.#finished(frame, queue, startedMs, new ClientError('NO_MASTER', problem, { topic }), undefined)
    }
    const timeoutMs = this.#attemptMs(frame, route, startedMs)
    this.context.instance.remoting.callWith(address, this.#request(frame, queue), { timeoutMs }, (error, response) =>
      this.#finished(
        frame,
        queue,
        startedMs,
        error ? fromRemotingError(error, `send to ${topic}`) : this.#deliver(frame, queue, address, response!),
        response,
      ),
    )
  }

  #now(): number {
    return this.context.instance.io.clock.monotonic()
  }

  #request(frame: SendFrame, queue: MessageQueue): RemotingCommand {
    const { instance, settings } = this.context
    const header = sendHeader(frame, queue, settings, instance.io.clock.now())
    return requestCommand(frame.requestCode, header, frame.body)
  }

  /** With other brokers to turn to, one that does not answer does not get all of the time. */
  #attemptMs(frame: SendFrame, route: TopicRoute, now: number): number {
    const leftMs = Math.max(1, frame.deadlineMs - now)
    const triesLeft = this.context.settings.retries + 2 - frame.attempts
    const shares = this.to.queue ? 1 : Math.max(1, Math.min(triesLeft, route.brokers.size))
    return Math.min(leftMs, Math.max(attemptMsMin, leftMs / shares))
  }

  #finished(
    frame: SendFrame,
    queue: MessageQueue,
    startedMs: number,
    failure: ClientError | undefined,
    response: ReceivedCommand | undefined,
  ): void {
    this.#count(queue.brokerName, -1)
    if (failure) this.#failed(frame, queue, failure, response !== undefined)
    else {
      this.#open.delete(frame)
      this.context.faults.answered(queue.brokerName, this.#now() - startedMs)
    }
    this.onRoom()
  }

  /** Gives each member its own result. Returns what is wrong with the answer, if something is. */
  #deliver(frame: SendFrame, queue: MessageQueue, address: string, response: ReceivedCommand): ClientError | undefined {
    const what = `send to ${this.to.topic}`
    const status = sendStatusOf(response.code)
    if (status === undefined) return fromResponse(response, what, { address })
    try {
      const { msgId, queueId, queueOffset } = sendMessageResponse.decode(response.extFields)
      const ids = frame.batch ? msgId.split(',') : [msgId]
      const stored = queueId === queue.queueId ? queue : { ...queue, queueId }
      frame.members.forEach((member, i) =>
        member.resolve({
          status,
          msgId: member.msgId,
          offsetMsgId: ids[i] ?? '',
          queue: stored,
          queueOffset: queueOffset + i,
        }),
      )
      const { trace } = this.context
      if (trace)
        frame.members.forEach((member, i) =>
          trace.answered(member, address, ids[i] ?? '', status === 'SEND_OK', response.extFields),
        )
    } catch (error) {
      return fromRemotingError(error, what, { address })
    }
    return undefined
  }

  #failed(frame: SendFrame, queue: MessageQueue, error: ClientError, answered: boolean): void {
    const remedy = remedyFor(error, frame.members.length > 1 && !frame.whole)
    if (remedy === 'split') return this.#split(frame, error)
    if (remedy === 'give up') return this.#giveUp(frame, error)
    // A broker that answers, even with an error, is worth a try by others.
    if (!answered) this.context.faults.failed(queue.brokerName)
    frame.failedAt.add(queue.brokerName)
    if (saysRouteIsWrong(error)) this.context.instance.routes.refresh(this.to.topic)
    if (remedy === 'reconnect') frame.attempts--
    // To a queue the caller chose nothing is sent twice: it might be there already, and out of order.
    const spent = frame.attempts > (this.to.queue ? 0 : this.context.settings.retries) || !isAwaited(frame)
    const delayMs = this.#hasUntried(frame) ? 0 : retryDelayMs
    if (spent || this.#now() + delayMs >= frame.deadlineMs) this.#giveUp(frame, error)
    else this.#retryAfter(frame, delayMs, error)
  }

  #hasUntried(frame: SendFrame): boolean {
    if (this.to.queue) return false
    const queues = this.#route?.writeQueues ?? []
    return queues.some(({ brokerName }) => !frame.failedAt.has(brokerName))
  }

  #retryAfter(frame: SendFrame, delayMs: number, error: ClientError): void {
    if (delayMs === 0) return this.#retry(frame, error)
    this.#retrying++
    this.context.instance.io.clock.after(delayMs, () => {
      this.#retrying--
      this.#retry(frame, error)
      this.onRoom()
    })
  }

  /** `error`: why the last try failed. */
  #retry(frame: SendFrame, error: ClientError): void {
    const route = this.#route
    if (route && isAwaited(frame)) this.sendAnywhere(frame, route)
    else this.#giveUp(frame, error)
  }

  /** Undefined when the topic was deleted by this process. */
  get #route(): TopicRoute | undefined {
    return this.context.instance.routes.known(this.to.topic)
  }

  /** One of the members is to blame: by themselves the others arrive, and the one gets the error. */
  #split(frame: SendFrame, error: ClientError): void {
    const { instance, settings } = this.context
    const route = this.#route
    if (route === undefined) return this.#giveUp(frame, error)
    this.#open.delete(frame)
    for (const member of frame.members)
      if (!member.settled)
        this.sendAnywhere(singleFrame(member, instance.uniqueKeys, settings, frame.deadlineMs), route)
  }

  #giveUp(frame: SendFrame, error: ClientError): void {
    this.#open.delete(frame)
    const now = this.#now()
    for (const member of frame.members) {
      const elapsedMs = Math.round(now - member.startedMs)
      const attempts = Math.max(1, frame.attempts)
      const more = attempts > 1 ? ` (tried ${attempts} times in ${elapsedMs} ms)` : ''
      // An error for each: they have callers of their own.
      member.reject(ClientError.again(error, more, { ...error.details, topic: this.to.topic, attempts, elapsedMs }))
      this.context.trace?.failed(member, error.details.address)
    }
  }

  #count(brokerName: string, change: number): void {
    this.#framesInFlight += change
    this.#inFlight.set(brokerName, (this.#inFlight.get(brokerName) ?? 0) + change)
  }
}
