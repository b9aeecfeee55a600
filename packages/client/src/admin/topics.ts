import {
  decodeGroupList,
  decodeTopicConfigSerializeWrapper,
  decodeTopicList,
  decodeTopicStatsTable,
  RequestCode,
  TopicName,
  TopicPermission,
  type MessageQueue,
  type TopicConfig,
} from '@mq/protocol'
import { compareQueues } from '../client-instance/topic-route.js'
import { checkTopic } from '../producer/message.js'
import { ClientError } from '../errors.js'
import { bodyOf, type AdminCalls } from './admin-calls.js'
import { clusterInfo, mastersOf, topicRoute } from './cluster.js'

export interface NewTopic {
  /** Brokers to make it on: one address, or all masters of a cluster. */
  addr?: string
  cluster?: string
  topic: string
  /** Default 8. */
  readQueueNums?: number
  /** Default 8. */
  writeQueueNums?: number
  /** 2 write, 4 read, 6 both. Default 6. */
  perm?: number
  order?: boolean
  topicSysFlag?: number
}

export interface QueueStats {
  queue: MessageQueue
  minOffset: number
  maxOffset: number
  /** Store time of its last message, ms; 0 when it has none. */
  lastUpdateTimestamp: number
}

/** Names of all topics any broker has registered. */
export async function topicList(calls: AdminCalls): Promise<string[]> {
  const response = await calls.nameServer(RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, 'topic list')
  return [...decodeTopicList(bodyOf(response)).topicList].sort()
}

export async function topicsOfCluster(calls: AdminCalls, cluster: string): Promise<string[]> {
  const response = await calls.nameServer(RequestCode.GET_TOPICS_BY_CLUSTER, `topics of ${cluster}`, { cluster })
  return [...decodeTopicList(bodyOf(response)).topicList].sort()
}

/** Topics with their settings, as one broker has them. */
export async function topicConfigs(calls: AdminCalls, address: string): Promise<Map<string, TopicConfig>> {
  const response = await calls.broker(address, RequestCode.GET_ALL_TOPIC_CONFIG, 'topic configs')
  return decodeTopicConfigSerializeWrapper(bodyOf(response)).topicConfigTable
}

/** Offsets of all queues of a topic, over all its brokers. */
export async function topicStats(calls: AdminCalls, topic: string): Promise<QueueStats[]> {
  const rows: QueueStats[] = []
  for (const address of await mastersOfTopic(calls, topic)) {
    const response = await calls.broker(address, RequestCode.GET_TOPIC_STATS_INFO, `stats of ${topic}`, { topic })
    for (const [queue, offsets] of decodeTopicStatsTable(bodyOf(response)).offsetTable) rows.push({ queue, ...offsets })
  }
  return rows.sort((a, b) => compareQueues(a.queue, b.queue))
}

/** Makes a topic, or changes its settings where it exists. */
export async function createTopic(calls: AdminCalls, topic: NewTopic): Promise<string[]> {
  checkTopic(topic.topic)
  const addresses = await targetsOf(calls, topic)
  const fields = {
    topic: topic.topic,
    defaultTopic: TopicName.AUTO_CREATE,
    readQueueNums: String(topic.readQueueNums ?? 8),
    writeQueueNums: String(topic.writeQueueNums ?? 8),
    perm: String(topic.perm ?? TopicPermission.READ | TopicPermission.WRITE),
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: String(topic.topicSysFlag ?? 0),
    order: String(topic.order ?? false),
  }
  for (const address of addresses)
    await calls.broker(address, RequestCode.UPDATE_AND_CREATE_TOPIC, `creation of topic ${topic.topic}`, fields)
  return addresses
}

/** Removes a topic from the brokers of a cluster and from all name servers. */
export async function deleteTopic(
  calls: AdminCalls,
  { topic, cluster }: { topic: string; cluster: string },
): Promise<void> {
  for (const address of await mastersOf(calls, cluster))
    await calls.broker(address, RequestCode.DELETE_TOPIC_IN_BROKER, `deletion of topic ${topic}`, { topic })
  await calls.everyNameServer(RequestCode.DELETE_TOPIC_IN_NAMESRV, `deletion of topic ${topic}`, { topic })
  calls.instance.routes.forget(topic)
}

/** Groups that have committed offsets of a topic. */
export async function topicConsumers(calls: AdminCalls, topic: string): Promise<string[]> {
  const groups = new Set<string>()
  for (const address of await mastersOfTopic(calls, topic)) {
    const response = await calls.broker(address, RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, `groups of ${topic}`, {
      topic,
    })
    for (const group of decodeGroupList(bodyOf(response)).groupList) groups.add(group)
  }
  return [...groups].sort()
}

/** A topic's brokers, their masters. */
export async function mastersOfTopic(calls: AdminCalls, topic: string): Promise<string[]> {
  const { brokerDatas } = await topicRoute(calls, topic)
  return brokerDatas.flatMap(({ brokerAddrs }) => brokerAddrs.get(0) ?? [])
}

/** Addresses meant by `addr` or `cluster`. */
export async function targetsOf(
  calls: AdminCalls,
  { addr, cluster }: { addr?: string; cluster?: string },
): Promise<string[]> {
  if (addr !== undefined) return [addr]
  if (cluster !== undefined) return mastersOf(calls, cluster)
  throw new ClientError('OPTION_INVALID', "say where: 'addr' (one broker) or 'cluster' (all its masters)")
}

/** Addresses of all masters there are. */
export async function allMasters(calls: AdminCalls): Promise<string[]> {
  const { brokerAddrTable } = await clusterInfo(calls)
  return [...brokerAddrTable.values()].flatMap(({ brokerAddrs }) => brokerAddrs.get(0) ?? [])
}
