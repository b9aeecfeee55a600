import { decoder, encoder, optional, shape, withDefault, type Shape, type ShapeOf } from './shape.js'
import { integer, text } from './values.js'
import { integerMapOf, listOf, mapOf, recordOf } from './collections.js'

export const brokerDataShape = shape({
  cluster: withDefault(text, () => ''),
  brokerName: text,
  /** Addresses by broker id; 0 is the master. */
  brokerAddrs: integerMapOf(text),
})
/** A broker name with its master and slaves. */
export type BrokerData = ShapeOf<typeof brokerDataShape>

const queueDataMembers = shape({
  brokerName: text,
  readQueueNums: integer,
  writeQueueNums: integer,
  perm: integer,
  topicSynFlag: optional(integer),
  topicSysFlag: optional(integer),
})

/** 4.x names the flag `topicSynFlag`, 5.x `topicSysFlag`: either is read, both are written. */
const queueDataShape: Shape<Omit<ShapeOf<typeof queueDataMembers>, 'topicSynFlag'> & { topicSysFlag: number }> = {
  read: (value, path) => {
    const { topicSynFlag, topicSysFlag, ...data } = queueDataMembers.read(value, path)
    return { ...data, topicSysFlag: topicSysFlag ?? topicSynFlag ?? 0 }
  },
  write: (data) => queueDataMembers.write({ ...data, topicSynFlag: data.topicSysFlag }),
}
/** How many queues of a topic a broker name has. */
export type QueueData = ShapeOf<typeof queueDataShape>

const topicRouteShape = shape({
  brokerDatas: listOf(brokerDataShape),
  filterServerTable: mapOf(listOf(text)),
  orderTopicConf: optional(text),
  queueDatas: listOf(queueDataShape),
})
/** GET_ROUTEINFO_BY_TOPIC */
export type TopicRouteData = ShapeOf<typeof topicRouteShape>
export const decodeTopicRouteData = decoder('TopicRouteData', topicRouteShape)
/** Integer keys are quoted: Java takes both, and what reads strict JSON takes only this. */
export const encodeTopicRouteData = encoder(topicRouteShape, { quoteIntegers: true })

const clusterInfoShape = shape({ brokerAddrTable: mapOf(brokerDataShape), clusterAddrTable: mapOf(listOf(text)) })
/** GET_BROKER_CLUSTER_INFO */
export type ClusterInfo = ShapeOf<typeof clusterInfoShape>
export const decodeClusterInfo = decoder('ClusterInfo', clusterInfoShape)
export const encodeClusterInfo = encoder(clusterInfoShape, { quoteIntegers: true })

const topicListShape = shape({ topicList: listOf(text), brokerAddr: optional(text) })
/** Lists of topics: 206, 224, 304, 305, 311 to 313. */
export type TopicList = ShapeOf<typeof topicListShape>
export const decodeTopicList = decoder('TopicList', topicListShape)
export const encodeTopicList = encoder(topicListShape)

const kvTableShape = shape({ table: recordOf(text) })
/** GET_BROKER_RUNTIME_INFO, GET_KVLIST_BY_NAMESPACE and the answer to a registration. */
export type KVTable = ShapeOf<typeof kvTableShape>
export const decodeKVTable = decoder('KVTable', kvTableShape)
export const encodeKVTable = encoder(kvTableShape)
