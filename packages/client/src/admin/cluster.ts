import {
  decodeClusterInfo,
  decodeKVTable,
  decodeTopicRouteData,
  formatProperties,
  parseProperties,
  RequestCode,
  type ClusterInfo,
  type TopicRouteData,
} from '@mq/protocol'
import { ClientError } from '../errors.js'
import { bodyOf, type AdminCalls } from './admin-calls.js'

export async function clusterInfo(calls: AdminCalls): Promise<ClusterInfo> {
  return decodeClusterInfo(bodyOf(await calls.nameServer(RequestCode.GET_BROKER_CLUSTER_INFO, 'cluster info')))
}

export async function topicRoute(calls: AdminCalls, topic: string): Promise<TopicRouteData> {
  const response = await calls.nameServer(RequestCode.GET_ROUTEINFO_BY_TOPIC, `route of topic ${topic}`, { topic })
  return decodeTopicRouteData(bodyOf(response))
}

/** Addresses of the masters of a cluster. Rejects with `NOT_FOUND` for a cluster that is not there. */
export async function mastersOf(calls: AdminCalls, cluster: string): Promise<string[]> {
  const { clusterAddrTable, brokerAddrTable } = await clusterInfo(calls)
  const names = clusterAddrTable.get(cluster)
  if (names === undefined) {
    const there = [...clusterAddrTable.keys()].join(', ') || 'none'
    throw new ClientError('NOT_FOUND', `there is no cluster '${cluster}'; known: ${there}`)
  }
  return [...names].flatMap((name) => brokerAddrTable.get(name)?.brokerAddrs.get(0) ?? [])
}

/** Figures of a running broker, all as text (`clusterList`, `brokerStatus`). */
export async function brokerRuntimeInfo(calls: AdminCalls, address: string): Promise<Record<string, string>> {
  const response = await calls.broker(address, RequestCode.GET_BROKER_RUNTIME_INFO, 'runtime info')
  return decodeKVTable(bodyOf(response)).table
}

export async function brokerConfig(calls: AdminCalls, address: string): Promise<Map<string, string>> {
  const response = await calls.broker(address, RequestCode.GET_BROKER_CONFIG, 'broker config')
  return parseProperties(Buffer.from(bodyOf(response)).toString('utf8'))
}

export async function updateBrokerConfig(
  calls: AdminCalls,
  address: string,
  changes: Readonly<Record<string, string>>,
): Promise<void> {
  const body = Buffer.from(formatProperties(new Map(Object.entries(changes))))
  await calls.broker(address, RequestCode.UPDATE_BROKER_CONFIG, 'update of broker config', undefined, body)
}

/** Config of every name server, by address. */
export async function namesrvConfig(calls: AdminCalls): Promise<Map<string, Map<string, string>>> {
  const answers = await calls.everyNameServer(RequestCode.GET_NAMESRV_CONFIG, 'name server config')
  return new Map(
    [...answers].map(([address, one]) => [address, parseProperties(Buffer.from(bodyOf(one)).toString('utf8'))]),
  )
}

export async function updateNamesrvConfig(calls: AdminCalls, changes: Readonly<Record<string, string>>): Promise<void> {
  const body = Buffer.from(formatProperties(new Map(Object.entries(changes))))
  await calls.everyNameServer(RequestCode.UPDATE_NAMESRV_CONFIG, 'update of name server config', undefined, body)
}

/** Takes (or gives back) the write permission of a broker's topics at every name server: how many topics, by name server. */
export async function setBrokerWritable(
  calls: AdminCalls,
  brokerName: string,
  writable: boolean,
): Promise<Map<string, number>> {
  const { ADD_WRITE_PERM_OF_BROKER, WIPE_WRITE_PERM_OF_BROKER } = RequestCode
  const code = writable ? ADD_WRITE_PERM_OF_BROKER : WIPE_WRITE_PERM_OF_BROKER
  const answers = await calls.everyNameServer(code, `write permission of ${brokerName}`, { brokerName })
  const field = writable ? 'addTopicCount' : 'wipeTopicCount'
  return new Map([...answers].map(([address, one]) => [address, Number(one.extFields?.[field] ?? 0)]))
}

/** Tells a broker to drop what its retention rules say is over. */
export async function cleanUp(
  calls: AdminCalls,
  address: string,
  what: 'expired consume queues' | 'unused topics' | 'expired commit log',
): Promise<void> {
  const code = {
    'expired consume queues': RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE,
    'unused topics': RequestCode.CLEAN_UNUSED_TOPIC,
    'expired commit log': RequestCode.DELETE_EXPIRED_COMMITLOG,
  }[what]
  await calls.broker(address, code, `clean-up of ${what}`)
}
