import { TopicPermission, type MessageQueue, type TopicRouteData } from '@mq/protocol'

/** Where a topic's queues are: the name server's answer in the form the client works with. */
export interface TopicRoute {
  readonly topic: string
  readonly brokers: ReadonlyMap<string, BrokerAddresses>
  /** Clusters of these brokers. */
  readonly clusters: ReadonlySet<string>
  /** Queues one may send to: of brokers with a master, in the order of the brokers' names. */
  readonly writeQueues: readonly MessageQueue[]
  /** Queues one may consume from. */
  readonly readQueues: readonly MessageQueue[]
  /** Says whether two routes differ. */
  readonly fingerprint: string
}

/** Address by broker id; 0 is the master. */
export type BrokerAddresses = ReadonlyMap<number, string>

export const masterId = 0

/** `queueLimit` is for a topic that does not exist yet: its queues are those it will get. */
export function topicRoute(topic: string, data: TopicRouteData, queueLimit = Infinity): TopicRoute {
  const brokers = new Map(data.brokerDatas.map((one) => [one.brokerName, one.brokerAddrs as BrokerAddresses]))
  const queueDatas = data.queueDatas
    .filter((one) => brokers.has(one.brokerName))
    .sort((a, b) => (a.brokerName < b.brokerName ? -1 : a.brokerName > b.brokerName ? 1 : 0))
  const writeQueues: MessageQueue[] = []
  const readQueues: MessageQueue[] = []
  for (const { brokerName, perm, writeQueueNums, readQueueNums } of queueDatas) {
    const writable = (perm & TopicPermission.WRITE) !== 0 && brokers.get(brokerName)!.has(masterId)
    if (writable) addQueues(writeQueues, topic, brokerName, Math.min(writeQueueNums, queueLimit))
    if ((perm & TopicPermission.READ) !== 0) addQueues(readQueues, topic, brokerName, readQueueNums)
  }
  const fingerprint = JSON.stringify([[...brokers].map(([name, addresses]) => [name, [...addresses]]), queueDatas])
  const clusters = new Set(data.brokerDatas.map((one) => one.cluster))
  return { topic, brokers, clusters, writeQueues, readQueues, fingerprint }
}

function addQueues(queues: MessageQueue[], topic: string, brokerName: string, count: number): void {
  for (let queueId = 0; queueId < count; queueId++) queues.push({ topic, brokerName, queueId })
}

/** The master's address, or when `any` is set and there is no master, a slave's. */
export function addressOf(route: TopicRoute, brokerName: string, any = false): string | undefined {
  const addresses = route.brokers.get(brokerName)
  return addresses?.get(masterId) ?? (any ? addresses?.values().next().value : undefined)
}

export const queueKey = (queue: MessageQueue): string => `${queue.topic}@${queue.brokerName}@${queue.queueId}`

export function compareQueues(a: MessageQueue, b: MessageQueue): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  if (a.brokerName !== b.brokerName) return a.brokerName < b.brokerName ? -1 : 1
  return a.queueId - b.queueId
}
