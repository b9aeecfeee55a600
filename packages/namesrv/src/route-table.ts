import {
  TopicPermission,
  type BrokerData,
  type ClusterInfo,
  type DataVersion,
  type QueueData,
  type RegisterBrokerBody,
  type TopicConfig,
  type TopicRouteData,
} from '@mq/protocol'

/** Who a broker is, as its registration says. */
export interface BrokerIdentity {
  clusterName: string
  brokerName: string
  /** 0 is the master. */
  brokerId: number
  brokerAddr: string
}

interface LiveBroker extends BrokerIdentity {
  lastHeardMs: number
  dataVersion: DataVersion
  haServerAddr: string
  /** The connection it registered over: when it goes, the broker is gone. */
  channelId: number
  filterServers: string[]
}

/** A broker that sent nothing this long is gone, ms (`RouteInfoManager.BROKER_CHANNEL_EXPIRED_TIME`). */
export const brokerExpiryMs = 120_000

/**
 * Which broker has which topic (`RouteInfoManager`, 4.7.1). Holds state only: who calls it and when is decided elsewhere.
 * Times are monotonic milliseconds given by the caller.
 */
export class RouteTable {
  readonly #topics = new Map<string, Map<string, QueueData>>()
  readonly #brokers = new Map<string, BrokerData>()
  readonly #clusters = new Map<string, Set<string>>()
  readonly #live = new Map<string, LiveBroker>()

  /** Notes a broker and its topics. A slave is told its master's address and HA address. */
  register(
    broker: BrokerIdentity & { haServerAddr: string; channelId: number },
    body: RegisterBrokerBody,
    nowMs: number,
  ): { masterAddr?: string; haServerAddr?: string } {
    const before = this.#live.get(broker.brokerAddr)
    if (before !== undefined && before.brokerName !== broker.brokerName) this.#removeAddress(before)
    const isFirst = this.#addAddress(broker)
    const { dataVersion, topicConfigTable } = body.topicConfigSerializeWrapper
    if (broker.brokerId === 0 && (isFirst || !sameVersion(before?.dataVersion, dataVersion))) {
      for (const topic of topicConfigTable.values()) this.#putTopic(broker.brokerName, topic)
    }
    this.#live.set(broker.brokerAddr, {
      ...broker,
      dataVersion,
      lastHeardMs: nowMs,
      filterServers: body.filterServerList,
    })
    return broker.brokerId === 0 ? {} : this.#masterOf(broker.brokerName)
  }

  /** The version of a broker's topics known here; undefined when it is not registered. */
  dataVersion(brokerAddr: string): DataVersion | undefined {
    return this.#live.get(brokerAddr)?.dataVersion
  }

  /** The broker at this address is alive. */
  heard(brokerAddr: string, nowMs: number): void {
    const broker = this.#live.get(brokerAddr)
    if (broker) broker.lastHeardMs = nowMs
  }

  /** Forgets a broker; with the last address of its name its topics go too. */
  unregister(broker: { brokerName: string; brokerId: number; brokerAddr: string }): void {
    this.#live.delete(broker.brokerAddr)
    this.#removeAddress(broker)
  }

  /** Forgets the brokers that registered over a connection; returns who they were. */
  channelClosed(channelId: number): BrokerIdentity[] {
    return this.#forget((broker) => broker.channelId === channelId)
  }

  /** Forgets the brokers not heard for `brokerExpiryMs`; returns who they were. */
  expire(nowMs: number): BrokerIdentity[] {
    return this.#forget((broker) => broker.lastHeardMs + brokerExpiryMs < nowMs)
  }

  /** Undefined when no live broker has the topic. */
  route(topic: string): TopicRouteData | undefined {
    const queues = this.#topics.get(topic)
    if (queues === undefined) return undefined
    const brokerDatas = [...queues.keys()].flatMap((name) => this.#brokers.get(name) ?? [])
    if (brokerDatas.length === 0) return undefined
    const filterServerTable = new Map<string, string[]>()
    for (const { brokerAddrs } of brokerDatas) {
      for (const address of brokerAddrs.values()) {
        const servers = this.#live.get(address)?.filterServers ?? []
        if (servers.length > 0) filterServerTable.set(address, servers)
      }
    }
    return { brokerDatas, filterServerTable, queueDatas: [...queues.values()] }
  }

  clusterInfo(): ClusterInfo {
    return {
      brokerAddrTable: new Map(this.#brokers),
      clusterAddrTable: new Map([...this.#clusters].map(([name, brokers]) => [name, [...brokers]])),
    }
  }

  topicNames(): string[] {
    return [...this.#topics.keys()]
  }

  /** Topics whose queues match; where brokers differ, the first one decides, as in Apache. */
  topicsWhere(matches: (queues: QueueData) => boolean): string[] {
    return [...this.#topics].flatMap(([topic, queues]) => {
      const [first] = queues.values()
      return first !== undefined && matches(first) ? [topic] : []
    })
  }

  topicsOfCluster(cluster: string): string[] {
    const names = this.#clusters.get(cluster) ?? new Set<string>()
    return [...this.#topics].flatMap(([topic, queues]) =>
      [...queues.keys()].some((name) => names.has(name)) ? [topic] : [],
    )
  }

  /** Names of clusters and brokers are topics too, and any broker's address. */
  systemTopics(): { topicList: string[]; brokerAddr: string | undefined } {
    const [first] = this.#live.keys()
    return { topicList: [...new Set([...this.#clusters.keys(), ...this.#brokers.keys()])], brokerAddr: first }
  }

  deleteTopic(topic: string): void {
    this.#topics.delete(topic)
  }

  /** Takes the write permission of all topics of a broker, here only; returns how many topics that were. */
  wipeWritePermission(brokerName: string): number {
    let count = 0
    for (const queues of this.#topics.values()) {
      const data = queues.get(brokerName)
      if (data === undefined) continue
      queues.set(brokerName, { ...data, perm: data.perm & ~TopicPermission.WRITE })
      count++
    }
    return count
  }

  #addAddress({ clusterName, brokerName, brokerId, brokerAddr }: BrokerIdentity): boolean {
    const names = this.#clusters.get(clusterName) ?? new Set()
    this.#clusters.set(clusterName, names.add(brokerName))
    let data = this.#brokers.get(brokerName)
    const isNewName = data === undefined
    if (data === undefined) {
      data = { cluster: clusterName, brokerName, brokerAddrs: new Map() }
      this.#brokers.set(brokerName, data)
    }
    // A broker that came back with another id (a slave made master) must not stand here twice.
    for (const [id, address] of data.brokerAddrs) {
      if (address === brokerAddr && id !== brokerId) data.brokerAddrs.delete(id)
    }
    const isNewId = !data.brokerAddrs.has(brokerId)
    data.brokerAddrs.set(brokerId, brokerAddr)
    return isNewName || isNewId
  }

  /** Another broker may have taken over the id since: its address stays. */
  #removeAddress({
    brokerName,
    brokerId,
    brokerAddr,
  }: {
    brokerName: string
    brokerId: number
    brokerAddr: string
  }): void {
    const data = this.#brokers.get(brokerName)
    if (data?.brokerAddrs.get(brokerId) !== brokerAddr) return
    data.brokerAddrs.delete(brokerId)
    if (data.brokerAddrs.size > 0) return
    this.#brokers.delete(brokerName)
    for (const [cluster, names] of this.#clusters) {
      if (names.delete(brokerName) && names.size === 0) this.#clusters.delete(cluster)
    }
    this.#dropTopicsOf(brokerName)
  }

  #putTopic(brokerName: string, topic: TopicConfig): void {
    const queues = this.#topics.get(topic.topicName) ?? new Map<string, QueueData>()
    const { readQueueNums, writeQueueNums, perm, topicSysFlag } = topic
    queues.set(brokerName, { brokerName, readQueueNums, writeQueueNums, perm, topicSysFlag })
    this.#topics.set(topic.topicName, queues)
  }

  #masterOf(brokerName: string): { masterAddr?: string; haServerAddr?: string } {
    const masterAddr = this.#brokers.get(brokerName)?.brokerAddrs.get(0)
    const master = masterAddr === undefined ? undefined : this.#live.get(masterAddr)
    return master === undefined ? {} : { masterAddr, haServerAddr: master.haServerAddr }
  }

  #forget(isGone: (broker: LiveBroker) => boolean): BrokerIdentity[] {
    const gone = [...this.#live.values()].filter(isGone)
    for (const broker of gone) this.unregister(broker)
    return gone
  }

  #dropTopicsOf(brokerName: string): void {
    for (const [topic, queues] of this.#topics) {
      queues.delete(brokerName)
      if (queues.size === 0) this.#topics.delete(topic)
    }
  }
}

export const sameVersion = (known: DataVersion | undefined, told: DataVersion): boolean =>
  known !== undefined && known.counter === told.counter && known.timestamp === told.timestamp
