import { retryTopic, type Answer, type ConsumerData, type MessageQueue, type ReceivedCommand } from '@mq/protocol'
import type { Timer } from '@mq/io'
import { AdminCalls } from '../admin/admin-calls.js'
import type { ClientInstance } from '../client-instance/client-instance.js'
import type { ConsumerMember } from '../client-instance/group-member.js'
import { leaseInstance, type InstanceLease } from '../client-instance/shared-instances.js'
import { defaultOffsetsDirectory } from '../default-io.js'
import { ClientError, fromRemotingError } from '../errors.js'
import { Events } from '../events.js'
import { Starting } from '../starting.js'
import { AssignedQueues } from './assigned-queues.js'
import { BrokerOffsets } from './broker-offsets.js'
import { consumerData } from './consumer-data.js'
import type { ConsumerEvents } from './consumer-events.js'
import { ConsumeStatistics, samplePeriodMs } from './consume-statistics.js'
import type { ConsumerKind } from './consumer-kind.js'
import { consumerSettings, type ConsumerOptions, type ConsumerSettings } from './consumer-options.js'
import { serveBroker } from './consumer-requests.js'
import { checkExpression } from './expression-check.js'
import { GroupMembership } from './group-membership.js'
import { HandOver } from './hand-over.js'
import { LagWatch } from './lag-watch.js'
import { LocalOffsets } from './local-offsets.js'
import { OffsetCommits } from './offset-commits.js'
import type { OffsetStore, QueueOffset } from './offset-store.js'
import { Pauses } from './pauses.js'
import { pullContext } from './pull-context.js'
import { QueueLocks } from './queue-locks.js'
import type { QueuePuller } from './queue-puller.js'
import { startOffset } from './start-offset.js'
import { parseSubscription, type SubscriptionExpression } from './subscription.js'
import { Subscriptions } from './subscriptions.js'
import { TopicNames } from './topic-names.js'
import { TopicQueueWatch } from './topic-queue-watch.js'
import { within } from '../within.js'

/** Milliseconds between two looks at how many messages wait. */
const lagPeriodMs = 5000

/**
 * What all consumers are made of: membership in a group, its queues, their pulls, its offsets. Topics have the names brokers
 * know them by in here; users' names are changed where they come in.
 */
export class ConsumerCore implements ConsumerMember {
  /** As brokers know it, with its namespace. */
  readonly group: string
  readonly settings: ConsumerSettings
  readonly names: TopicNames
  readonly events: Events<ConsumerEvents>
  readonly instance: ClientInstance
  readonly offsets: OffsetCommits
  readonly calls: AdminCalls
  readonly queues: AssignedQueues
  readonly subscriptions = new Subscriptions()
  readonly pauses = new Pauses()
  readonly topicQueues: TopicQueueWatch
  readonly statistics: ConsumeStatistics
  readonly startedMs: number
  /** Of an ordered consumer that shares the queues with others. */
  readonly locks: QueueLocks | undefined
  readonly #handOver: HandOver | undefined
  readonly #membership: GroupMembership
  readonly #lease: InstanceLease
  readonly #timers: Timer[] = []
  readonly #stopListening: (() => void)[] = []
  readonly #starting = new Starting()
  #state: 'new' | 'started' | 'closed' = 'new'

  constructor(
    options: ConsumerOptions,
    private readonly kind: ConsumerKind,
  ) {
    this.settings = consumerSettings(options)
    this.group = this.settings.group
    this.names = new TopicNames(this.settings.namespace)
    for (const topic in options.subscriptions)
      this.subscriptions.set(this.names.known(topic), options.subscriptions[topic]!)
    // The files of a broadcasting consumer lie under its client id, which must be the same after a restart.
    const instanceName = options.instanceName ?? (this.settings.broadcasting ? 'DEFAULT' : undefined)
    this.#lease = leaseInstance({ ...options, instanceName }, (instance) => !instance.holdsConsumer(this.group))
    this.instance = this.#lease.instance
    this.instance.reserveConsumer(this.group)
    this.events = new Events(this.instance.logger)
    this.topicQueues = new TopicQueueWatch(this.names, this.events, this.instance.logger)
    this.statistics = new ConsumeStatistics(this.instance.io.clock)
    this.calls = new AdminCalls(this.instance, 5000)
    this.startedMs = this.instance.io.clock.now()
    this.offsets = new OffsetCommits(this.#offsetStore(options), this.group, (error) => this.problem(error))
    if (kind.ordered && !this.settings.broadcasting) {
      const { logger } = this.instance
      const idle = (puller: QueuePuller) => kind.ordered!.idle(puller)
      this.locks = new QueueLocks(this.instance, this.group, (queue) => this.#lockLost(queue))
      this.#handOver = new HandOver(this.locks, this.offsets, logger, idle, () => this.rebalanceSoon())
    }
    this.queues = new AssignedQueues(
      this.offsets,
      (queue) => startOffset(this.calls, queue, this.settings.consumeFrom),
      pullContext(this, kind, () => this.#membership.toldVersion),
      (puller) => this.kind.onRemoved(puller),
      this.#handOver,
    )
    this.#membership = new GroupMembership(this, this)
  }

  get isStarted(): boolean {
    return this.#state === 'started'
  }

  /**
   * Rejects with `NAMESRV_UNREACHABLE`, `EXPRESSION_REFUSED` by a broker, or `CLOSED` when it is closed meanwhile; anything
   * else is told by `problem` events and tried again.
   */
  start(signal?: AbortSignal): Promise<void> {
    return this.#starting.run(() => this.#startNow(signal))
  }

  async #startNow(signal: AbortSignal | undefined): Promise<void> {
    if (this.#state === 'started') return
    this.#checkOpen()
    await this.calls.nameServer(106, 'start of a consumer', undefined, undefined, { signal })
    for (const one of this.subscriptions.all()) await checkExpression(this.instance, this.group, one)
    this.#checkOpen()
    this.#state = 'started'
    this.#listen()
    if (this.kind.autoCommit) this.#every(this.settings.commitInterval, () => void this.commit(false))
    this.#watchLag()
    this.#every(samplePeriodMs, () => this.statistics.sample())
    // A handler may close it as soon as it is a member.
    if (this.subscriptions.size > 0 && !(await this.#join())) this.#checkOpen()
  }

  /** Rejects with `EXPRESSION_REFUSED` when it is started. */
  async subscribe(name: string, expression: SubscriptionExpression): Promise<void> {
    const topic = this.names.known(name)
    if (this.#state !== 'started') return this.subscriptions.set(topic, expression)
    await checkExpression(this.instance, this.group, parseSubscription(topic, expression))
    this.subscriptions.set(topic, expression)
    await this.queues.drop(this.queues.of(topic))
    await this.#join()
  }

  async unsubscribe(name: string): Promise<void> {
    const topic = this.names.known(name)
    if (!this.subscriptions.delete(topic)) return
    await this.queues.drop(this.queues.of(topic))
    if (this.#state === 'started') await this.#membership.tellBrokers()
  }

  /** By the user's names: the queues this member has now. */
  assigned(filter: (queue: MessageQueue) => boolean = () => true): MessageQueue[] {
    const queues = this.queues.all().map(({ queue }) => queue)
    return queues.filter(filter).map((queue) => this.names.namedQueue(queue))
  }

  pause(named?: readonly MessageQueue[]): void {
    this.pauses.pause(named?.map((queue) => this.names.knownQueue(queue)))
  }

  resume(named?: readonly MessageQueue[]): void {
    const held = this.queues.all().filter(({ queue }) => this.pauses.hold(queue))
    this.pauses.resume(named?.map((queue) => this.names.knownQueue(queue)))
    for (const puller of held) puller.wake()
  }

  /** Consume these queues, whatever others do: without being a member of the group. */
  async assign(named: readonly MessageQueue[]): Promise<void> {
    const queues = named.map((queue) => this.names.knownQueue(queue))
    const topics = new Set(queues.map((one) => one.topic))
    for (const topic of topics) this.topicQueues.look(await this.instance.routes.forReading(topic))
    this.topicQueues.assigned = topics
    const all = ({ topic }: MessageQueue) => parseSubscription(topic, '*')
    const { failure } = await this.queues.change(this.queues.all(), queues, all, true)
    if (failure !== undefined) throw fromRemotingError(failure, `assignment of queues to group ${this.group}`)
  }

  /** Keeps what has changed. With `wait`: rejects when a broker did not take it. */
  async commit(wait: boolean): Promise<void> {
    await this.offsets.commit(this.#ownPullers(), wait)
  }

  /** No new messages from now on; those being consumed go on. */
  stopPulling(): void {
    this.#state = 'closed'
    for (const timer of this.#timers) timer.cancel()
    this.#membership.close()
    this.queues.stop()
  }

  /** Leaves the group. `commits`: keep the offsets first. */
  async leave(commits: boolean, timeoutMs: number): Promise<void> {
    const { clock } = this.instance.io
    if (commits) {
      const commit = this.offsets
        .commitLast(this.#ownPullers())
        .catch((error: Error) =>
          this.instance.logger.warn({ error: error.message }, `group ${this.group}: the last commit failed`),
        )
      await within(clock, timeoutMs, Promise.all([commit, this.#handOver?.settled()]))
    }
    if (this.locks) await within(clock, timeoutMs, this.locks.close())
    for (const stop of this.#stopListening) stop()
    this.instance.releaseConsumer(this.group)
    await this.instance.removeConsumer(this, Math.min(1000, timeoutMs))
    this.queues.clear()
    await this.#lease.release()
  }

  /** Something is wrong that is tried again. */
  problem(error: ClientError): void {
    this.instance.logger.warn({ code: error.code, group: this.group }, error.message)
    this.events.emit('problem', { error })
  }

  // What the client instance asks.

  describe(): ConsumerData {
    return consumerData(this.settings, this.kind, this.subscriptions, this.#membership.version)
  }

  rebalanceSoon(): void {
    this.#membership.rebalanceSoon()
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

  /** Without those whose lock is gone: another member may be further. */
  #ownPullers(): QueuePuller[] {
    const { locks } = this
    const pullers = this.queues.all()
    return locks ? pullers.filter(({ queue }) => locks.holds(queue)) : pullers
  }

  #checkOpen(): void {
    if (this.#state === 'closed') throw new ClientError('CLOSED', `consumer of group '${this.group}' is closed`)
  }

  #join(): Promise<boolean> {
    if (this.kind.retries && !this.settings.broadcasting) this.subscriptions.set(retryTopic(this.group), '*')
    return this.#membership.join()
  }

  #offsetStore({ offsetsDirectory = defaultOffsetsDirectory() }: ConsumerOptions): OffsetStore {
    const { instance, group } = this
    if (!this.settings.broadcasting) return new BrokerOffsets(instance, group)
    return new LocalOffsets(instance.io.disk, offsetsDirectory, instance.clientId, group, instance.logger)
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
      this.instance.routes.onChange((route) => {
        if (this.subscriptions.has(route.topic)) this.rebalanceSoon()
        if (this.topicQueues.assigned.has(route.topic)) this.topicQueues.look(route)
      }),
    )
  }

  #watchLag(): void {
    const { group, instance, settings } = this
    const tell = (lag: number) => this.events.emit('lagging', { lag })
    const watch = new LagWatch(group, settings.lagWarning, instance.logger, tell)
    this.#every(lagPeriodMs, () => watch.look(this.queues.all()))
  }

  #lockLost(queue: MessageQueue): void {
    const { topic, brokerName, queueId } = queue
    this.instance.logger.warn({ topic, brokerName, queueId }, `the lock of queue ${queueId} of ${topic} is lost`)
    this.queues.lose(queue)
  }
}
