import {
  retryTopic,
  withNamespace,
  withoutNamespace,
  type Answer,
  type ConsumerData,
  type MessageQueue,
  type ReceivedCommand,
} from '@mq/protocol'
import type { Timer } from '@mq/io'
import { AdminCalls } from '../admin/admin-calls.js'
import type { ClientInstance } from '../client-instance/client-instance.js'
import type { ConsumerMember } from '../client-instance/group-member.js'
import { leaseInstance, type InstanceLease } from '../client-instance/shared-instances.js'
import { compareQueues } from '../client-instance/topic-route.js'
import { defaultOffsetsDirectory } from '../default-io.js'
import { ClientError, fromRemotingError } from '../errors.js'
import { Events } from '../events.js'
import { checkTopic } from '../producer/message.js'
import { AssignedQueues } from './assigned-queues.js'
import { BrokerOffsets } from './broker-offsets.js'
import { CacheBudget } from './cache-budget.js'
import type { ConsumerEvents } from './consumer-events.js'
import { HandOver } from './hand-over.js'
import { consumerSettings, type ConsumerOptions, type ConsumerSettings } from './consumer-options.js'
import { serveBroker } from './consumer-requests.js'
import { LocalOffsets } from './local-offsets.js'
import { OffsetCommits } from './offset-commits.js'
import type { OffsetStore, QueueOffset } from './offset-store.js'
import { QueueLocks } from './queue-locks.js'
import type { PullContext, QueuePuller } from './queue-puller.js'
import { allocatedQueues } from './rebalance.js'
import { Rebalancer } from './rebalancer.js'
import { startOffset } from './start-offset.js'
import { parseSubscription, subscriptionData, type Subscription, type SubscriptionExpression } from './subscription.js'

/** A broker's words for: no such subscription or filter, or an old one. */
const forgottenCodes = new Set<number | undefined>([24, 25, 27, 28])

/** What push and pull consumers do differently. */
export interface ConsumerKind {
  readonly consumeType: 'CONSUME_PASSIVELY' | 'CONSUME_ACTIVELY'
  /** Messages can be given back to the broker: the group's retry topic is consumed too. */
  readonly retries: boolean
  readonly autoCommit: boolean
  /** Order is kept: a queue is read under a lock, and given up when no handler runs with a message of it. */
  readonly ordered?: { idle(puller: QueuePuller): Promise<void> }
  /** There are new messages. */
  onMessages(puller: QueuePuller): void
  /** A queue is no longer ours. */
  onRemoved(puller: QueuePuller): void
  /** A broker asks to consume one message directly (309). */
  consumeDirectly?(request: ReceivedCommand): Promise<Answer>
}

/** What all consumers are made of: membership in a group, its queues, their pulls, its offsets. */
export class ConsumerCore implements ConsumerMember {
  /** As brokers know it, with its namespace. So are all topics in here: users' names are changed where they come in. */
  readonly group: string
  readonly settings: ConsumerSettings
  readonly events: Events<ConsumerEvents>
  readonly instance: ClientInstance
  readonly offsets: OffsetCommits
  readonly calls: AdminCalls
  readonly queues: AssignedQueues
  readonly subscriptions = new Map<string, Subscription>()
  readonly startedMs: number
  /** Of an ordered consumer that shares the queues with others. */
  readonly locks: QueueLocks | undefined
  readonly #handOver: HandOver | undefined
  readonly #lease: InstanceLease
  readonly #timers: Timer[] = []
  readonly #stopListening: (() => void)[] = []
  /** Version of the subscriptions, and the version that brokers have been told: pulls may not name a newer one. */
  #subVersion: number
  #toldVersion = 0
  #state: 'new' | 'started' | 'closed' = 'new'
  /** Set once the brokers know us: before, they cannot say who is in the group. */
  #rebalancer: Rebalancer | undefined
  #isLagging = false

  constructor(
    options: ConsumerOptions,
    private readonly kind: ConsumerKind,
  ) {
    this.settings = consumerSettings(options)
    this.group = this.settings.group
    for (const topic in options.subscriptions) this.#note(topic, options.subscriptions[topic]!)
    // The files of a broadcasting consumer lie under its client id, which must be the same after a restart.
    const instanceName = options.instanceName ?? (this.settings.broadcasting ? 'DEFAULT' : undefined)
    this.#lease = leaseInstance({ ...options, instanceName }, (instance) => !instance.holdsConsumer(this.group))
    this.instance = this.#lease.instance
    this.instance.reserveConsumer(this.group)
    this.events = new Events(this.instance.logger)
    this.calls = new AdminCalls(this.instance, 5000)
    this.startedMs = this.#subVersion = this.instance.io.clock.now()
    this.offsets = new OffsetCommits(this.#offsetStore(options), this.group, (error) => this.#problem(error))
    if (kind.ordered && !this.settings.broadcasting) {
      const { logger } = this.instance
      const idle = (puller: QueuePuller) => kind.ordered!.idle(puller)
      this.locks = new QueueLocks(this.instance, this.group, (queue) => this.#lockLost(queue))
      this.#handOver = new HandOver(this.locks, this.offsets, logger, idle, () => this.rebalanceSoon())
    }
    this.queues = new AssignedQueues(
      this.offsets,
      (queue) => startOffset(this.calls, queue, this.settings.consumeFrom),
      this.#pullContext(),
      (puller) => this.kind.onRemoved(puller),
      this.#handOver,
    )
  }

  get isStarted(): boolean {
    return this.#state === 'started'
  }

  /** Rejects with `NAMESRV_UNREACHABLE`; anything else is told by `problem` events and tried again. */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#state === 'closed') throw new ClientError('CLOSED', `consumer of group '${this.group}' is closed`)
    if (this.#state === 'started') return
    await this.calls.nameServer(106, 'start of a consumer', undefined, undefined, { signal })
    this.#state = 'started'
    this.#listen()
    if (this.kind.autoCommit) this.#every(this.settings.commitInterval, () => void this.commit(false))
    this.#every(5000, () => this.#watchLag())
    if (this.subscriptions.size > 0) await this.#join()
  }

  async subscribe(name: string, expression: SubscriptionExpression): Promise<void> {
    const topic = this.#note(name, expression)
    if (this.#state !== 'started') return
    await this.queues.drop(this.queues.of(topic))
    await this.#join()
  }

  async unsubscribe(name: string): Promise<void> {
    const topic = withNamespace(this.settings.namespace, name)
    if (!this.subscriptions.delete(topic)) return
    await this.queues.drop(this.queues.of(topic))
    if (this.#state === 'started') await this.#tellBrokers()
  }

  /** Consume these queues, whatever others do: without being a member of the group. */
  async assign(named: readonly MessageQueue[]): Promise<void> {
    const queues = named.map((queue) => this.known(queue))
    for (const topic of new Set(queues.map((one) => one.topic))) await this.instance.routes.forReading(topic)
    const all = ({ topic }: MessageQueue) => parseSubscription(topic, '*')
    const { failure } = await this.queues.change(this.queues.all(), queues, all, true)
    if (failure !== undefined) throw fromRemotingError(failure, `assignment of queues to group ${this.group}`)
  }

  /** Keeps what has changed. With `wait`: rejects when a broker did not take it. */
  async commit(wait: boolean): Promise<void> {
    const { locks } = this
    const pullers = this.queues.all()
    await this.offsets.commit(locks ? pullers.filter(({ queue }) => locks.holds(queue)) : pullers, wait)
  }

  /** No new messages from now on; those being consumed go on. */
  stopPulling(): void {
    this.#state = 'closed'
    for (const timer of this.#timers) timer.cancel()
    this.#rebalancer?.close()
    this.queues.stop()
  }

  /** Leaves the group. `commits`: keep the offsets first. */
  async leave(commits: boolean, timeoutMs: number): Promise<void> {
    if (commits) {
      const commit = this.commit(true).catch((error: Error) =>
        this.instance.logger.warn({ error: error.message }, `group ${this.group}: the last commit failed`),
      )
      await this.#within(timeoutMs, Promise.all([commit, this.#handOver?.settled()]))
    }
    if (this.locks) await this.#within(timeoutMs, this.locks.close())
    for (const stop of this.#stopListening) stop()
    this.instance.releaseConsumer(this.group)
    await this.instance.removeConsumer(this, Math.min(1000, timeoutMs))
    this.queues.clear()
    await this.#lease.release()
  }

  // What the client instance asks.

  describe(): ConsumerData {
    return {
      groupName: this.group,
      consumeType: this.kind.consumeType,
      messageModel: this.settings.broadcasting ? 'BROADCASTING' : 'CLUSTERING',
      consumeFromWhere: consumeFromWhere(this.settings.consumeFrom),
      subscriptionDataSet: [...this.subscriptions.values()].map((one) => subscriptionData(one, this.#subVersion)),
      unitMode: this.settings.unitMode,
    }
  }

  /** A queue by the user's name of its topic. */
  named(queue: MessageQueue): MessageQueue {
    const { namespace } = this.settings
    return namespace ? { ...queue, topic: withoutNamespace(namespace, queue.topic) } : queue
  }

  /** A queue by the name brokers know its topic by. */
  known(queue: MessageQueue): MessageQueue {
    const { namespace } = this.settings
    return namespace ? { ...queue, topic: withNamespace(namespace, queue.topic) } : queue
  }

  rebalanceSoon(): void {
    this.#rebalancer?.soon()
  }

  serve(request: ReceivedCommand): Answer | Promise<Answer> | undefined {
    return serveBroker(this, this.kind, request)
  }

  /** Goes on elsewhere, and keeps that at once. */
  async moveTo(offsets: readonly QueueOffset[]): Promise<void> {
    const ours = offsets.filter(({ queue }) => this.queues.has(queue))
    for (const { queue, offset } of ours) this.queues.get(queue).seek(offset)
    await this.offsets.put(ours, false)
  }

  #offsetStore({ offsetsDirectory = defaultOffsetsDirectory() }: ConsumerOptions): OffsetStore {
    const { instance, group } = this
    if (!this.settings.broadcasting) return new BrokerOffsets(instance, group)
    return new LocalOffsets(instance.io.disk, offsetsDirectory, instance.clientId, group)
  }

  #note(name: string, expression: SubscriptionExpression): string {
    const topic = withNamespace(this.settings.namespace, name)
    checkTopic(topic)
    this.subscriptions.set(topic, parseSubscription(topic, expression))
    return topic
  }

  #every(periodMs: number, task: () => void): void {
    this.#timers.push(this.instance.io.clock.every(periodMs, task))
  }

  #listen(): void {
    this.#stopListening.push(
      this.instance.remoting.onConnection(({ address, state, reason }) =>
        state === 'connected'
          ? this.events.emit('connected', { address })
          : this.events.emit('disconnected', { address, reason }),
      ),
      this.instance.routes.onChange(({ topic }) => this.subscriptions.has(topic) && this.rebalanceSoon()),
    )
  }

  /** Becomes a member of the group, or tells it of new subscriptions, and takes its share of the queues. */
  async #join(): Promise<void> {
    const retries = retryTopic(this.group)
    if (this.kind.retries && !this.settings.broadcasting) this.#note(retries, '*')
    await Promise.all([...this.subscriptions.keys()].map((topic) => this.#findRoute(topic)))
    this.instance.addConsumer(this)
    await this.#tellBrokers()
    if (this.#state !== 'started') return
    this.#rebalancer ??= new Rebalancer(this.instance.io.clock, {
      topics: () => this.subscriptions.keys(),
      rebalanceTopic: (topic) => this.#rebalanceTopic(topic),
      // As Java does: brokers see by the version that the share has changed.
      onChanged: () => void this.#tellBrokers(),
      onFailed: (topic, error, rounds) => this.#rebalanceFailed(topic, error, rounds),
    })
    await this.#rebalancer.run()
  }

  async #findRoute(topic: string): Promise<void> {
    try {
      await this.instance.routes.forReading(topic)
    } catch (error) {
      // The retry topic is made by the first heartbeat.
      if (topic !== retryTopic(this.group)) this.#problem(fromRemotingError(error, `route of ${topic}`, { topic }))
    }
  }

  async #tellBrokers(): Promise<void> {
    // Brokers go by the newest; two changes within a millisecond are two versions.
    this.#subVersion = Math.max(this.#subVersion + 1, this.instance.io.clock.now())
    const version = this.#subVersion
    await this.instance.heartbeats.toAll()
    this.#toldVersion = version
  }

  #rebalanceFailed(topic: string, error: unknown, rounds: number): void {
    const problem = fromRemotingError(error, `queues of ${topic}`, { topic })
    // Right after the start it is no wonder: the broker is still making the retry topic, or taking in our heartbeat.
    const isEarly = rounds < 4 && (topic === retryTopic(this.group) || problem.code === 'BUSY')
    if (isEarly) this.instance.logger.debug({ topic, error: problem.message }, `queues of ${topic} are not known yet`)
    else this.#problem(problem)
  }

  async #rebalanceTopic(topic: string): Promise<boolean> {
    const subscription = this.subscriptions.get(topic)
    if (subscription === undefined) return false
    const route = await this.instance.routes.forReading(topic)
    if (route.readQueues.length === 0) {
      throw new ClientError('NO_QUEUE', `topic '${topic}' has no queue that may be read`, { topic })
    }
    const wanted = this.settings.broadcasting
      ? route.readQueues
      : await allocatedQueues(this.instance, this.group, route, this.settings.allocation)
    if (this.#state !== 'started' || this.subscriptions.get(topic) !== subscription) return false
    const { added, removed, failure } = await this.queues.change(
      this.queues.of(topic),
      wanted,
      () => subscription,
      false,
    )
    const changed = added.length + removed.length > 0
    if (changed) {
      const named = (all: readonly MessageQueue[]) => all.map((queue) => this.named(queue))
      const queues = named(this.queues.of(topic).map(({ queue }) => queue)).sort(compareQueues)
      const name = withoutNamespace(this.settings.namespace, topic)
      this.events.emit('rebalanced', { topic: name, queues, added: named(added), removed: named(removed) })
    }
    if (failure !== undefined) throw failure
    return changed
  }

  #lockLost(queue: MessageQueue): void {
    const { topic, brokerName, queueId } = queue
    this.instance.logger.warn({ topic, brokerName, queueId }, `the lock of queue ${queueId} of ${topic} is lost`)
    this.queues.lose(queue)
  }

  #watchLag(): void {
    let lag = 0
    for (const puller of this.queues.all()) lag += puller.lag
    const isLagging = lag > this.settings.lagWarning
    if (isLagging && !this.#isLagging) this.events.emit('lagging', { lag })
    this.#isLagging = isLagging
  }

  #problem(error: ClientError): void {
    this.instance.logger.warn({ code: error.code, group: this.group }, error.message)
    this.events.emit('problem', { error })
  }

  #pullContext(): PullContext {
    const { instance, settings, kind } = this
    return {
      instance,
      settings,
      budget: new CacheBudget(settings),
      commitsWithPulls: !settings.broadcasting && kind.autoCommit,
      subVersion: () => this.#toldVersion,
      onMessages: (puller) => kind.onMessages(puller),
      onProblem: (error) => this.#pullFailed(error),
    }
  }

  /** The broker does not know (this version of) our subscriptions: it has been restarted, or a heartbeat was lost. */
  #pullFailed(error: ClientError): void {
    const { responseCode } = error.details
    if (forgottenCodes.has(responseCode)) void this.instance.heartbeats.toAll()
    if (error.code === 'CONNECT_FAILED' || responseCode === 17) this.instance.routes.refreshAll()
    this.#problem(error)
  }

  #within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.instance.io.clock.after(timeoutMs, resolve)
      void work.then(() => {
        timer.cancel()
        resolve()
      })
    })
  }
}

const consumeFromWhere = (consumeFrom: ConsumerSettings['consumeFrom']): ConsumerData['consumeFromWhere'] =>
  consumeFrom === 'last'
    ? 'CONSUME_FROM_LAST_OFFSET'
    : consumeFrom === 'first'
      ? 'CONSUME_FROM_FIRST_OFFSET'
      : 'CONSUME_FROM_TIMESTAMP'
