import type { Clock } from '@mq/io'
import { RequestCode, requestCommand, type ConsumerData } from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import { ClientChannels, type Client } from './client-channels.js'
import type { ConsumerFilters } from './filter/consumer-filters.js'
import { subscriptionOf, type Subscription } from './subscription.js'

/** A consumer group that is online: how it consumes and what (`ConsumerGroupInfo`). */
export interface ConsumerGroup {
  readonly group: string
  consumeType: ConsumerData['consumeType']
  messageModel: ConsumerData['messageModel']
  consumeFromWhere: ConsumerData['consumeFromWhere']
  unitMode: boolean
  /** By topic. */
  readonly subscriptions: Map<string, Subscription>
}

/**
 * Consumers by group (`ConsumerManager`, 4.7.1). When the members of a group or the topics it takes change, all members
 * are told (40) and share the queues out anew; a newer version of the same topics tells nobody, else every rebalance
 * would set off the next.
 */
export class Consumers {
  readonly #clients = new ClientChannels()
  readonly #groups = new Map<string, ConsumerGroup>()
  readonly #toNotify = new Set<string>()

  constructor(
    private readonly clock: Clock,
    /** May the members of this group be told? */
    private readonly mayNotify: (group: string) => boolean,
    private readonly filters: ConsumerFilters,
  ) {}

  /** Takes in one group of a heartbeat. True when the member is new or the topics of the group have changed. */
  register(data: ConsumerData, client: Client): boolean {
    const newClient = this.#clients.register(data.groupName, client)
    let group = this.#groups.get(data.groupName)
    if (group === undefined) this.#groups.set(data.groupName, (group = emptyGroup(data)))
    group.consumeType = data.consumeType
    group.messageModel = data.messageModel
    group.consumeFromWhere = data.consumeFromWhere
    group.unitMode = data.unitMode
    const changed = updateSubscriptions(group, data) || newClient
    if (changed) this.#membersChanged(data.groupName)
    this.filters.register(data.groupName, data.subscriptionDataSet)
    return changed
  }

  unregister(group: string, channel: Channel): void {
    if (!this.#clients.unregister(group, channel)) return
    this.#dropIfEmpty(group)
    this.#membersChanged(group)
  }

  /** The channel is gone. */
  forget(channel: Channel): void {
    for (const group of this.#clients.forget(channel)) {
      this.#dropIfEmpty(group)
      this.#membersChanged(group)
    }
  }

  /** Undefined when no member is online. */
  group(group: string): ConsumerGroup | undefined {
    return this.#groups.get(group)
  }

  groups(): ReadonlyMap<string, ConsumerGroup> {
    return this.#groups
  }

  clientsOf(group: string): Client[] {
    return this.#clients.of(group)
  }

  find(group: string, clientId: string): Client | undefined {
    return this.#clients.find(group, clientId)
  }

  /** Groups with a member that is subscribed to a topic. */
  groupsOf(topic: string): string[] {
    return [...this.#groups.values()].filter((one) => one.subscriptions.has(topic)).map((one) => one.group)
  }

  silentSince(beforeMs: number): Channel[] {
    return this.#clients.silentSince(beforeMs)
  }

  #dropIfEmpty(group: string): void {
    if (this.#clients.has(group)) return
    this.#groups.delete(group)
    this.filters.unregister(group)
  }

  /** Many members that come or go in one turn are one piece of news. */
  #membersChanged(group: string): void {
    if (!this.mayNotify(group)) return
    if (this.#toNotify.size === 0) this.clock.endOfTurn(() => this.#notify())
    this.#toNotify.add(group)
  }

  #notify(): void {
    for (const group of this.#toNotify) {
      for (const { channel } of this.#clients.of(group)) {
        channel.send(requestCommand(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, { consumerGroup: group }))
      }
    }
    this.#toNotify.clear()
  }
}

const emptyGroup = (data: ConsumerData): ConsumerGroup => ({
  group: data.groupName,
  consumeType: data.consumeType,
  messageModel: data.messageModel,
  consumeFromWhere: data.consumeFromWhere,
  unitMode: data.unitMode,
  subscriptions: new Map(),
})

/** True when topics came or went. An older version than the known one never replaces it. */
function updateSubscriptions(group: ConsumerGroup, data: ConsumerData): boolean {
  const sent = new Set<string>()
  let changed = false
  for (const one of data.subscriptionDataSet) {
    sent.add(one.topic)
    const known = group.subscriptions.get(one.topic)
    if (known === undefined) changed = true
    else if (one.subVersion <= known.data.subVersion) continue
    group.subscriptions.set(one.topic, subscriptionOf(one))
  }
  for (const topic of [...group.subscriptions.keys()]) {
    if (sent.has(topic)) continue
    group.subscriptions.delete(topic)
    changed = true
  }
  return changed
}
