import { retryTopic, type MessageQueue } from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import type { ConsumerMember } from '../client-instance/group-member.js'
import { addressOf, compareQueues, type TopicRoute } from '../client-instance/topic-route.js'
import { ClientError, fromRemotingError } from '../errors.js'
import type { Events } from '../events.js'
import type { AssignedQueues } from './assigned-queues.js'
import type { ConsumerEvents } from './consumer-events.js'
import type { ConsumerSettings } from './consumer-options.js'
import { EmptyAllocations } from './empty-allocations.js'
import { shareOf } from './rebalance.js'
import { Rebalancer } from './rebalancer.js'
import { SubscriptionCheck } from './subscription-check.js'
import type { Subscriptions } from './subscriptions.js'
import type { TopicNames } from './topic-names.js'
import type { TopicQueueWatch } from './topic-queue-watch.js'

/** Of the consumer that is a member. */
export interface MembershipPlan {
  readonly instance: ClientInstance
  readonly settings: ConsumerSettings
  readonly names: TopicNames
  readonly subscriptions: Subscriptions
  readonly queues: AssignedQueues
  readonly topicQueues: TopicQueueWatch
  readonly events: Events<ConsumerEvents>
  /** Started and not closed. */
  readonly isStarted: boolean
  /** Something is wrong that is tried again. */
  problem(error: ClientError): void
}

/** A consumer's part in its group: brokers are told of it, and it takes its share of the queues. */
export class GroupMembership {
  /** Version of the subscriptions. */
  version: number
  /** The version that brokers have been told: pulls may not name a newer one. Those that were not reached refuse it until they are. */
  toldVersion = 0
  /** Set once the brokers know us: before, they cannot say who is in the group. */
  #rebalancer: Rebalancer | undefined
  readonly #emptyAllocations: EmptyAllocations
  readonly #subscriptionCheck: SubscriptionCheck

  constructor(
    private readonly plan: MembershipPlan,
    private readonly member: ConsumerMember,
  ) {
    const { instance, settings, names, subscriptions, events } = plan
    const { group } = settings
    this.version = instance.io.clock.now()
    this.#emptyAllocations = new EmptyAllocations(group, instance.logger, (topic, { memberCount, queueCount }) =>
      events.emit('emptyAllocation', { topic: names.named(topic), memberCount, queueCount }),
    )
    this.#subscriptionCheck = new SubscriptionCheck(instance, group, subscriptions, (all) => {
      const differences = all.map((one) => ({ ...one, topic: names.named(one.topic) }))
      events.emit('subscriptionsDiffer', { differences })
    })
  }

  /** Becomes a member, or tells of new subscriptions, and takes its share of the queues. False when the consumer was closed before. */
  async join(): Promise<boolean> {
    const { instance, subscriptions } = this.plan
    await Promise.all(subscriptions.topics().map((topic) => this.#findRoute(topic)))
    if (!this.plan.isStarted) return false
    instance.addConsumer(this.member)
    await this.tellBrokers()
    if (!this.plan.isStarted) return false
    this.#rebalancer ??= new Rebalancer(instance.io.clock, {
      topics: () => subscriptions.topics(),
      rebalanceTopic: (topic) => this.#rebalanceTopic(topic),
      // As Java does: brokers see by the version that the share has changed.
      onChanged: () => void this.tellBrokers(),
      onFailed: (topic, error, rounds) => this.#rebalanceFailed(topic, error, rounds),
    })
    await this.#rebalancer.run()
    return true
  }

  async tellBrokers(): Promise<void> {
    const { heartbeats, io } = this.plan.instance
    // Brokers go by the newest; two changes within a millisecond are two versions.
    this.version = Math.max(this.version + 1, io.clock.now())
    const { version } = this
    await heartbeats.toAll()
    this.toldVersion = version
  }

  rebalanceSoon(): void {
    this.#rebalancer?.soon()
  }

  close(): void {
    this.#rebalancer?.close()
  }

  get #retryTopic(): string {
    return retryTopic(this.plan.settings.group)
  }

  async #findRoute(topic: string): Promise<void> {
    try {
      await this.plan.instance.routes.forReading(topic)
    } catch (error) {
      // The retry topic is made by the first heartbeat.
      if (topic !== this.#retryTopic) this.plan.problem(fromRemotingError(error, `route of ${topic}`, { topic }))
    }
  }

  #rebalanceFailed(topic: string, error: unknown, rounds: number): void {
    const problem = fromRemotingError(error, `queues of ${topic}`, { topic })
    // Right after the start it is no wonder: the broker is still making the retry topic, or taking in our heartbeat.
    const isEarly = rounds < 4 && (topic === this.#retryTopic || problem.code === 'BUSY')
    const { logger } = this.plan.instance
    if (isEarly) logger.debug({ topic, error: problem.message }, `queues of ${topic} are not known yet`)
    else this.plan.problem(problem)
  }

  async #rebalanceTopic(topic: string): Promise<boolean> {
    const { subscriptions, queues } = this.plan
    const subscription = subscriptions.get(topic)
    if (subscription === undefined) return false
    const wanted = await this.#share(topic)
    if (!this.plan.isStarted || subscriptions.get(topic) !== subscription) return false
    const { added, removed, failure } = await queues.change(
      queues.of(topic),
      wanted,
      () => subscriptions.get(topic),
      false,
    )
    const changed = added.length + removed.length > 0
    if (changed) this.#tellShare(topic, added, removed)
    if (failure !== undefined) throw failure
    return changed
  }

  async #share(topic: string): Promise<readonly MessageQueue[]> {
    const { instance, settings } = this.plan
    const route = await instance.routes.forReading(topic)
    if (route.readQueues.length === 0) {
      throw new ClientError('NO_QUEUE', `topic '${topic}' has no queue that may be read`, { topic })
    }
    this.plan.topicQueues.look(route)
    if (settings.broadcasting) return route.readQueues
    const share = await shareOf(instance, settings.group, route, settings.allocation)
    this.#emptyAllocations.look(topic, share)
    if (share.memberCount > 1 && topic === this.plan.subscriptions.topics()[0]) this.#checkSubscriptions(route)
    return share.queues
  }

  /** Once a round, with the first topic. */
  #checkSubscriptions(route: TopicRoute): void {
    const [brokerName] = route.brokers.keys()
    const address = brokerName && addressOf(route, brokerName, true)
    if (address) void this.#subscriptionCheck.look(address)
  }

  #tellShare(topic: string, added: readonly MessageQueue[], removed: readonly MessageQueue[]): void {
    const { names, queues, events } = this.plan
    const named = (all: readonly MessageQueue[]) => all.map((queue) => names.namedQueue(queue))
    const share = named(queues.of(topic).map(({ queue }) => queue)).sort(compareQueues)
    events.emit('rebalanced', {
      topic: names.named(topic),
      queues: share,
      added: named(added),
      removed: named(removed),
    })
  }
}
