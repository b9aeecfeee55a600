import {
  PullSysFlag,
  requestCommand,
  RequestCode,
  ResponseCode,
  type MessageQueue,
  type ReceivedCommand,
  type RemotingCommand,
  withoutNamespace,
} from '@mq/protocol'
import type { Timer } from '@mq/io'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { addressOf, masterId } from '../client-instance/topic-route.js'
import { ClientError, fromRemotingError, fromResponse } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'
import type { CacheBudget } from './cache-budget.js'
import type { ConsumeStatistics } from './consume-statistics.js'
import type { ConsumerSettings } from './consumer-options.js'
import { messagesIn } from './messages-in.js'
import type { Pauses } from './pauses.js'
import { ProcessQueue } from './process-queue.js'
import { pullFields } from './pull-fields.js'
import { wants, type Subscription } from './subscription.js'

/** How long a broker may hold a pull while there is nothing, ms. */
const suspendMs = 15_000
/** Brokers look at held pulls every 5 s only, so answers come late. */
const pullTimeoutMs = 30_000
const retryFirstMs = 100
const retryMaxMs = 3000

/** Answers to a pull by SQL92: filters are switched off, the expression is wrong, was wrong when the heartbeat brought it. */
const expressionRefusals = new Set<number>([
  ResponseCode.SYSTEM_ERROR,
  ResponseCode.SUBSCRIPTION_PARSE_FAILED,
  ResponseCode.FILTER_DATA_NOT_EXIST,
])

/** What pullers of one consumer share. */
export interface PullContext {
  readonly instance: ClientInstance
  readonly settings: ConsumerSettings
  readonly budget: CacheBudget
  readonly pauses: Pauses
  readonly statistics: ConsumeStatistics
  /** Commit along with pulls: saves messages from being consumed twice when this process dies. */
  readonly commitsWithPulls: boolean
  /** Version of the subscriptions that brokers were told last. */
  subVersion(): number
  /** New messages, or the end of a wait for them. */
  onMessages(puller: QueuePuller): void
  /** Something is wrong that the puller gets over by itself. */
  onProblem(error: ClientError): void
}

/** Keeps messages of one queue at hand: one pull after the other, held by the broker while there is nothing. */
export class QueuePuller {
  /** Messages between pull and end of consumption. Replaced by `seek`. */
  process: ProcessQueue
  /** Messages that wait at the broker, as of the last answer. */
  lag = 0
  /** When it was pulled from, and when a message of it was consumed last, ms since the epoch. */
  lastPullMs: number
  lastConsumeMs: number
  /** When the pull that is under way was sent, by the clock that no one sets. */
  #pulledMs = 0
  #stopped = false
  #pulling = false
  #failures = 0
  /** The broker says who serves this queue best: 0 is the master. */
  #brokerId = masterId
  #retry: Timer | undefined
  /** The queue by the user's name of its topic: what its messages say of themselves. */
  readonly #named: MessageQueue
  readonly #waiter = { queue: () => this.process, resume: () => this.#pull() }

  constructor(
    readonly queue: MessageQueue,
    private readonly subscription: Subscription,
    /** Say with each pull what is wanted, instead of relying on the heartbeat. */
    private readonly sendsSubscription: boolean,
    private readonly context: PullContext,
    startOffset: number,
  ) {
    this.process = new ProcessQueue(startOffset)
    this.lastPullMs = this.lastConsumeMs = context.instance.io.clock.now()
    this.#named = { ...queue, topic: withoutNamespace(context.settings.namespace, queue.topic) }
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** Nothing may be taken from it now: it is paused, or no longer ours. */
  get isHeld(): boolean {
    return this.#stopped || this.context.pauses.hold(this.queue)
  }

  start(): void {
    this.#pull()
  }

  /** Goes on after a pause. */
  wake(): void {
    if (this.isHeld) return
    this.#pull()
    this.context.onMessages(this)
  }

  /** What is being consumed goes on; nothing new comes. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#forget()
  }

  /** Goes on at another offset, unless it is stopped. What was pulled and not finished is dropped. */
  seek(offset: number): void {
    if (this.#stopped) return
    this.#forget()
    this.process = new ProcessQueue(offset)
    this.#pulling = false
    this.#pull()
  }

  /** `process`: the one the message was taken from; after a `seek` it is no longer ours. */
  finish(process: ProcessQueue, number: number): void {
    const before = process.bytes
    process.finish(number)
    this.lastConsumeMs = this.context.instance.io.clock.now()
    if (process === this.process && !this.#stopped) this.context.budget.give(before - process.bytes)
  }

  #forget(): void {
    this.#retry?.cancel()
    this.context.budget.stopWaiting(this.#waiter)
    this.context.budget.give(this.process.bytes)
  }

  #pull(): void {
    if (this.#pulling || this.isHeld) return
    const { budget, instance } = this.context
    if (!budget.hasRoom(this.process)) return budget.wait(this.#waiter)
    const address = this.#address()
    if (address === undefined) {
      const { brokerName, topic } = this.queue
      return this.#failed(new ClientError('NO_MASTER', `pull of ${topic}: broker ${brokerName} is gone`, { topic }))
    }
    this.#pulling = true
    this.lastPullMs = instance.io.clock.now()
    this.#pulledMs = instance.io.clock.monotonic()
    const { process } = this
    instance.remoting.callWith(address, this.#request(), { timeoutMs: pullTimeoutMs }, (error, response) => {
      // After a seek it belongs to the old place.
      if (this.#stopped || process !== this.process) return
      this.#pulling = false
      if (error) this.#failed(fromRemotingError(error, `pull of ${this.queue.topic}`, { topic: this.queue.topic }))
      else this.#answered(response!, address)
    })
  }

  #address(): string | undefined {
    const route = this.context.instance.routes.known(this.queue.topic)
    if (route === undefined) return undefined
    const { brokerName } = this.queue
    return route.brokers.get(brokerName)?.get(this.#brokerId) ?? addressOf(route, brokerName, true)
  }

  #request(): RemotingCommand {
    const { settings, commitsWithPulls } = this.context
    const { commitOffset } = this.process
    // Only masters keep offsets.
    const commits = commitsWithPulls && commitOffset > 0 && this.#brokerId === masterId
    const { sendsSubscription, subscription } = this
    const flags =
      PullSysFlag.SUSPEND |
      (commits ? PullSysFlag.COMMIT_OFFSET : 0) |
      (sendsSubscription ? PullSysFlag.SUBSCRIPTION : 0)
    const fields = pullFields({
      group: settings.group,
      queue: this.queue,
      offset: this.process.nextOffset,
      count: settings.pullBatchSize,
      flags,
      suspendMs,
      commitOffset: commits ? commitOffset : 0,
      subVersion: this.context.subVersion(),
      expression: sendsSubscription ? subscription.text : undefined,
      expressionType: subscription.type,
    })
    return requestCommand(RequestCode.PULL_MESSAGE, fields)
  }

  #answered(response: ReceivedCommand, address: string): void {
    switch (response.code) {
      case ResponseCode.SUCCESS:
        return this.#found(response, address)
      case ResponseCode.PULL_NOT_FOUND:
      case ResponseCode.PULL_RETRY_IMMEDIATELY:
        return this.#goOn(response, [], address)
      case ResponseCode.PULL_OFFSET_MOVED:
        return this.#moved(response, address)
      default:
        return this.#failed(this.#refused(response, address))
    }
  }

  #refused(response: ReceivedCommand, address: string): ClientError {
    const { topic } = this.queue
    const { type, text } = this.subscription
    const error = fromResponse(response, `pull of ${topic}`, { address, topic })
    if (type === 'TAG' || !expressionRefusals.has(response.code)) return error
    return new ClientError('EXPRESSION_REFUSED', `${error.problem} (expression '${text}')`, error.details)
  }

  #found(response: ReceivedCommand, address: string): void {
    const unreadable = (error: Error, bytes: number): void => {
      const problem = `a record of ${bytes} bytes in queue ${this.queue.queueId} of ${this.queue.topic} cannot be read and is left out: ${error.message}`
      this.context.onProblem(
        new ClientError('BAD_ANSWER', problem, { address, topic: this.queue.topic }, { cause: error }),
      )
    }
    const all = messagesIn(response.body ?? new Uint8Array(0), this.#named, unreadable, this.context.settings.namespace)
    const { statistics, instance } = this.context
    statistics.pulled(this.queue.topic, all.length, instance.io.clock.monotonic() - this.#pulledMs)
    const { subscription } = this
    this.#goOn(response, subscription.tags.size === 0 ? all : all.filter((one) => wants(subscription, one)), address)
  }

  #goOn(response: ReceivedCommand, messages: readonly ReceivedMessage[], address: string): void {
    const { nextBeginOffset, maxOffset, suggestWhichBrokerId } = response.extFields ?? {}
    const nextOffset = Number(nextBeginOffset)
    if (nextBeginOffset === undefined || !Number.isSafeInteger(nextOffset))
      return this.#failed(
        new ClientError('BAD_ANSWER', `pull of ${this.queue.topic}: ${address} gave no next offset`, { address }),
      )
    this.#failures = 0
    this.#brokerId = Number(suggestWhichBrokerId ?? masterId)
    this.lag = Math.max(0, Number(maxOffset ?? nextOffset) - nextOffset)
    const before = this.process.bytes
    this.process.add(messages, nextOffset)
    this.context.budget.take(this.process.bytes - before)
    // First the next request, then the work: the broker is busy meanwhile.
    this.#pull()
    this.context.onMessages(this)
  }

  /** The offset is outside of what the queue holds: retention went past it, or it was reset. */
  #moved(response: ReceivedCommand, address: string): void {
    const { topic, queueId } = this.queue
    const from = this.process.nextOffset
    const to = Number(response.extFields?.nextBeginOffset)
    if (!Number.isSafeInteger(to) || to === from)
      return this.#failed(fromResponse(response, `pull of ${topic}`, { address, topic }))
    this.context.instance.logger.warn(
      { topic, queueId, from, to },
      `queue ${queueId} of ${topic} holds no offset ${from} (any more): going on at ${to}`,
    )
    this.seek(to)
  }

  #failed(error: ClientError): void {
    const { instance, onProblem } = this.context
    const backoffMs = Math.min(retryMaxMs, retryFirstMs * 2 ** this.#failures++)
    // Half of it is drawn, so that a broker that comes back is not asked by all at once.
    const delayMs = (backoffMs * (1 + instance.io.random.below(1024) / 1024)) / 2
    this.#brokerId = masterId
    onProblem(error)
    if (!this.#stopped) this.#retry = instance.io.clock.after(delayMs, () => this.#pull())
  }
}
