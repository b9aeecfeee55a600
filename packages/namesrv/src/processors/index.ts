import { RequestCode } from '@mq/protocol'
import type { Processor } from '../namesrv-state.js'
import { queryDataVersion, registerBroker, unregisterBroker } from './registration.js'
import { clusterInfo, routeOfTopic } from './routes.js'
import { deleteKvConfig, getConfig, getKvConfig, kvList, putKvConfig, updateConfig } from './settings.js'
import {
  allTopics,
  deleteTopic,
  systemTopics,
  topicsOfCluster,
  unitSubscribedOtherTopics,
  unitSubscribedTopics,
  unitTopics,
  wipeWritePermission,
} from './topics.js'

/** What a name server answers (`DefaultRequestProcessor`, 4.7.1), by request code. */
export const processors: ReadonlyMap<number, Processor> = new Map([
  [RequestCode.PUT_KV_CONFIG, putKvConfig],
  [RequestCode.GET_KV_CONFIG, getKvConfig],
  [RequestCode.DELETE_KV_CONFIG, deleteKvConfig],
  [RequestCode.GET_KVLIST_BY_NAMESPACE, kvList],
  [RequestCode.QUERY_DATA_VERSION, queryDataVersion],
  [RequestCode.REGISTER_BROKER, registerBroker],
  [RequestCode.UNREGISTER_BROKER, unregisterBroker],
  [RequestCode.GET_ROUTEINFO_BY_TOPIC, routeOfTopic],
  [RequestCode.GET_BROKER_CLUSTER_INFO, clusterInfo],
  [RequestCode.WIPE_WRITE_PERM_OF_BROKER, wipeWritePermission],
  [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, allTopics],
  [RequestCode.DELETE_TOPIC_IN_NAMESRV, deleteTopic],
  [RequestCode.GET_TOPICS_BY_CLUSTER, topicsOfCluster],
  [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, systemTopics],
  [RequestCode.GET_UNIT_TOPIC_LIST, unitTopics],
  [RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST, unitSubscribedTopics],
  [RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, unitSubscribedOtherTopics],
  [RequestCode.UPDATE_NAMESRV_CONFIG, updateConfig],
  [RequestCode.GET_NAMESRV_CONFIG, getConfig],
])
