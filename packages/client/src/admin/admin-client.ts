import { silentLogger } from '@mq/io'
import type {
  AclConfig,
  ClusterInfo,
  ConsumeMessageDirectlyResult,
  ConsumerConnection,
  ConsumerRunningInfo,
  MessageQueue,
  PlainAccessConfig,
  ProducerConnection,
  ReceivedCommand,
  RemotingCommand,
  SubscriptionGroupConfig,
  TopicConfig,
  TopicRouteData,
} from '@mq/protocol'
import { leaseInstance, type ConnectionOptions, type InstanceLease } from '../client-instance/shared-instances.js'
import type { ReceivedMessage } from '../received-message.js'
import { AdminCalls, type AdminCallOptions } from './admin-calls.js'
import * as accessControl from './access-control.js'
import * as cluster from './cluster.js'
import * as groups from './groups.js'
import * as kvConfig from './kv-config.js'
import * as messages from './messages.js'
import * as offsets from './offsets.js'
import * as topics from './topics.js'

export interface AdminClientOptions extends ConnectionOptions {
  /** Milliseconds for a call. Default 5000. */
  timeoutMs?: number
}

/**
 * Looks into clusters and changes them: what `mqadmin` and consoles are made of. Needs no start; connections are made when
 * they are needed. Calls reject with `ClientError`.
 *
 *     const admin = new AdminClient({ namesrv: '127.0.0.1:9876' })
 *     console.log(await admin.topicList())
 *     await admin.close()
 */
export class AdminClient {
  readonly #lease: InstanceLease
  readonly #calls: AdminCalls

  constructor(options: AdminClientOptions) {
    this.#lease = leaseInstance({ logger: silentLogger, ...options })
    this.#calls = new AdminCalls(this.#lease.instance, options.timeoutMs ?? 5000)
  }

  /** Addresses of the name servers. */
  get namesrv(): readonly string[] {
    return this.#lease.instance.nameServers.addresses
  }

  /** Any request to any address, for what has no method here. Any answer resolves. */
  invoke(address: string, command: RemotingCommand, options?: AdminCallOptions): Promise<ReceivedCommand> {
    return this.#calls.invoke(address, command, options)
  }

  // Cluster

  clusterInfo(): Promise<ClusterInfo> {
    return cluster.clusterInfo(this.#calls)
  }
  /** Addresses of a cluster's masters, or of all. */
  masters(name?: string): Promise<string[]> {
    return name === undefined ? topics.allMasters(this.#calls) : cluster.mastersOf(this.#calls, name)
  }
  brokerRuntimeInfo(address: string): Promise<Record<string, string>> {
    return cluster.brokerRuntimeInfo(this.#calls, address)
  }
  brokerConfig(address: string): Promise<Map<string, string>> {
    return cluster.brokerConfig(this.#calls, address)
  }
  updateBrokerConfig(address: string, changes: Readonly<Record<string, string>>): Promise<void> {
    return cluster.updateBrokerConfig(this.#calls, address, changes)
  }
  /** By name server. */
  namesrvConfig(): Promise<Map<string, Map<string, string>>> {
    return cluster.namesrvConfig(this.#calls)
  }
  updateNamesrvConfig(changes: Readonly<Record<string, string>>): Promise<void> {
    return cluster.updateNamesrvConfig(this.#calls, changes)
  }
  /** Topics changed, by name server. */
  wipeWritePerm(brokerName: string): Promise<Map<string, number>> {
    return cluster.setBrokerWritable(this.#calls, brokerName, false)
  }
  /** 4.9.3 and later. */
  addWritePerm(brokerName: string): Promise<Map<string, number>> {
    return cluster.setBrokerWritable(this.#calls, brokerName, true)
  }
  cleanUp(address: string, what: Parameters<typeof cluster.cleanUp>[2]): Promise<void> {
    return cluster.cleanUp(this.#calls, address, what)
  }

  // Topics

  topicList(clusterName?: string): Promise<string[]> {
    return clusterName === undefined ? topics.topicList(this.#calls) : topics.topicsOfCluster(this.#calls, clusterName)
  }
  topicRoute(topic: string): Promise<TopicRouteData> {
    return cluster.topicRoute(this.#calls, topic)
  }
  topicConfigs(address: string): Promise<Map<string, TopicConfig>> {
    return topics.topicConfigs(this.#calls, address)
  }
  topicStats(topic: string): Promise<topics.QueueStats[]> {
    return topics.topicStats(this.#calls, topic)
  }
  /** Returns the addresses of the brokers. */
  createTopic(topic: topics.NewTopic): Promise<string[]> {
    return topics.createTopic(this.#calls, topic)
  }
  deleteTopic(which: { topic: string; cluster: string }): Promise<void> {
    return topics.deleteTopic(this.#calls, which)
  }
  topicConsumers(topic: string): Promise<string[]> {
    return topics.topicConsumers(this.#calls, topic)
  }

  // Groups

  consumeStats(group: string, topic?: string): Promise<groups.GroupProgress> {
    return groups.consumeStats(this.#calls, group, topic)
  }
  examineConsumerConnection(group: string): Promise<ConsumerConnection> {
    return groups.consumerConnection(this.#calls, group)
  }
  examineProducerConnection(group: string, topic: string): Promise<ProducerConnection> {
    return groups.producerConnection(this.#calls, group, topic)
  }
  /** `stacks`: `jstack` holds a Java client's stacks, or what one of this package says of its process and handlers. */
  consumerRunningInfo(
    address: string,
    group: string,
    clientId: string,
    { stacks = false }: { stacks?: boolean } = {},
  ): Promise<ConsumerRunningInfo> {
    return groups.consumerRunningInfo(this.#calls, address, group, clientId, stacks)
  }
  consumerOffsets(topic: string, group: string): Promise<Map<string, { queue: MessageQueue; offset: number }[]>> {
    return groups.consumerOffsets(this.#calls, topic, group)
  }
  consumeMessageDirectly(
    address: string,
    group: string,
    clientId: string,
    offsetMsgId: string,
  ): Promise<ConsumeMessageDirectlyResult> {
    return groups.consumeMessageDirectly(this.#calls, address, group, clientId, offsetMsgId)
  }
  subscriptionGroups(address: string): Promise<Map<string, SubscriptionGroupConfig>> {
    return groups.subscriptionGroups(this.#calls, address)
  }
  /** Returns the addresses of the brokers. */
  updateSubscriptionGroup(
    where: { addr?: string; cluster?: string },
    config: Partial<SubscriptionGroupConfig> & { groupName: string },
  ): Promise<string[]> {
    return groups.updateSubscriptionGroup(this.#calls, where, config)
  }
  deleteSubscriptionGroup(where: { addr?: string; cluster?: string }, group: string): Promise<void> {
    return groups.deleteSubscriptionGroup(this.#calls, where, group)
  }
  resetOffset(reset: groups.OffsetReset): Promise<{ queue: MessageQueue; offset: number }[]> {
    return groups.resetOffset(this.#calls, reset)
  }

  // Offsets

  minOffset(queue: MessageQueue): Promise<number> {
    return offsets.minOffset(this.#calls, queue)
  }
  maxOffset(queue: MessageQueue): Promise<number> {
    return offsets.maxOffset(this.#calls, queue)
  }
  searchOffset(queue: MessageQueue, timestampMs: number): Promise<number> {
    return offsets.searchOffset(this.#calls, queue, timestampMs)
  }
  earliestStoreTime(queue: MessageQueue): Promise<number> {
    return offsets.earliestStoreTime(this.#calls, queue)
  }
  consumerOffset(group: string, queue: MessageQueue): Promise<number | undefined> {
    return offsets.consumerOffset(this.#calls, group, queue)
  }
  updateConsumerOffset(group: string, queue: MessageQueue, offset: number): Promise<void> {
    return offsets.updateConsumerOffset(this.#calls, group, queue, offset)
  }

  // Messages

  pullMessages(
    queue: MessageQueue,
    offset: number,
    count: number,
    expression?: string,
  ): Promise<messages.PulledMessages> {
    return messages.pullMessages(this.#calls, queue, offset, count, expression)
  }
  viewMessage(offsetMsgId: string): Promise<ReceivedMessage> {
    return messages.viewMessage(this.#calls, offsetMsgId)
  }
  queryMessages(query: messages.KeyQuery): Promise<ReceivedMessage[]> {
    return messages.queryMessages(this.#calls, query)
  }

  // Access control

  /** Returns the addresses of the brokers. */
  updateAccount(where: { addr?: string; cluster?: string }, account: PlainAccessConfig): Promise<string[]> {
    return accessControl.updateAccount(this.#calls, where, account)
  }
  /** Returns the addresses of the brokers. */
  deleteAccount(where: { addr?: string; cluster?: string }, accessKey: string): Promise<string[]> {
    return accessControl.deleteAccount(this.#calls, where, accessKey)
  }
  /** Replaces the list. Returns the addresses of the brokers. */
  updateGlobalWhiteAddresses(
    where: { addr?: string; cluster?: string },
    addresses: readonly string[],
  ): Promise<string[]> {
    return accessControl.updateGlobalWhiteAddresses(this.#calls, where, addresses)
  }
  aclVersion(address: string): Promise<accessControl.AclVersion> {
    return accessControl.aclVersion(this.#calls, address)
  }
  aclConfig(address: string): Promise<AclConfig> {
    return accessControl.aclConfig(this.#calls, address)
  }

  // Settings kept by name servers

  putKvConfig(namespace: string, key: string, value: string): Promise<void> {
    return kvConfig.putKvConfig(this.#calls, namespace, key, value)
  }
  getKvConfig(namespace: string, key: string): Promise<string | undefined> {
    return kvConfig.getKvConfig(this.#calls, namespace, key)
  }
  deleteKvConfig(namespace: string, key: string): Promise<void> {
    return kvConfig.deleteKvConfig(this.#calls, namespace, key)
  }
  listKvConfig(namespace: string): Promise<Record<string, string>> {
    return kvConfig.listKvConfig(this.#calls, namespace)
  }

  close(): Promise<void> {
    return this.#lease.release()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
