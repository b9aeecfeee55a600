import { bool, headerTable, int, long, optional, text } from '../header-table.js'

/** UPDATE_AND_CREATE_TOPIC */
export const createTopicRequest = headerTable('UPDATE_AND_CREATE_TOPIC', {
  topic: text(),
  defaultTopic: optional(text()),
  readQueueNums: int(),
  writeQueueNums: int(),
  perm: int(),
  topicFilterType: optional(text()),
  topicSysFlag: optional(int()),
  order: optional(bool()),
})

/** DELETE_TOPIC_IN_BROKER, DELETE_TOPIC_IN_NAMESRV, GET_TOPIC_STATS_INFO, QUERY_TOPIC_CONSUME_BY_WHO, GET_ROUTEINFO_BY_TOPIC */
export const topicRequest = headerTable('request for a topic', { topic: text() })

/** GET_BROKER_CONFIG response: the data version as JSON text. */
export const brokerConfigResponse = headerTable('GET_BROKER_CONFIG response', { version: text() })

/** DELETE_SUBSCRIPTIONGROUP */
export const deleteSubscriptionGroupRequest = headerTable('DELETE_SUBSCRIPTIONGROUP', { groupName: text() })

/** GET_CONSUME_STATS */
export const consumeStatsRequest = headerTable('GET_CONSUME_STATS', { consumerGroup: text(), topic: optional(text()) })

/** GET_PRODUCER_CONNECTION_LIST */
export const producerConnectionRequest = headerTable('GET_PRODUCER_CONNECTION_LIST', { producerGroup: text() })

/** QUERY_CONSUME_TIME_SPAN */
export const consumeTimeSpanRequest = headerTable('QUERY_CONSUME_TIME_SPAN', { topic: text(), group: text() })

/** QUERY_CORRECTION_OFFSET */
export const correctionOffsetRequest = headerTable('QUERY_CORRECTION_OFFSET', {
  filterGroups: optional(text()),
  compareGroup: text(),
  topic: text(),
})

/** CLONE_GROUP_OFFSET */
export const cloneGroupOffsetRequest = headerTable('CLONE_GROUP_OFFSET', {
  srcGroup: text(),
  destGroup: text(),
  topic: optional(text()),
  offline: optional(bool()),
})

/** VIEW_BROKER_STATS_DATA */
export const brokerStatsRequest = headerTable('VIEW_BROKER_STATS_DATA', { statsName: text(), statsKey: text() })

/** GET_BROKER_CONSUME_STATS */
export const brokerConsumeStatsRequest = headerTable('GET_BROKER_CONSUME_STATS', { isOrder: bool() })

/** QUERY_CONSUME_QUEUE */
export const queryConsumeQueueRequest = headerTable('QUERY_CONSUME_QUEUE', {
  topic: text(),
  queueId: int(),
  index: long(),
  count: int(),
  consumerGroup: optional(text()),
})

/** RESUME_CHECK_HALF_MESSAGE */
export const resumeCheckHalfMessageRequest = headerTable('RESUME_CHECK_HALF_MESSAGE', { msgId: text() })

/** REGISTER_FILTER_SERVER */
export const registerFilterServerRequest = headerTable('REGISTER_FILTER_SERVER', { filterServerAddr: text() })
export const registerFilterServerResponse = headerTable('REGISTER_FILTER_SERVER response', {
  brokerName: text(),
  brokerId: long(),
})

/** REGISTER_MESSAGE_FILTER_CLASS */
export const registerMessageFilterClassRequest = headerTable('REGISTER_MESSAGE_FILTER_CLASS', {
  consumerGroup: text(),
  topic: text(),
  className: text(),
  classCRC: int(),
})

/** UPDATE_AND_CREATE_ACL_CONFIG */
export const updateAclConfigRequest = headerTable('UPDATE_AND_CREATE_ACL_CONFIG', {
  accessKey: text(),
  secretKey: optional(text()),
  whiteRemoteAddress: optional(text()),
  admin: optional(bool()),
  defaultTopicPerm: optional(text()),
  defaultGroupPerm: optional(text()),
  topicPerms: optional(text()),
  groupPerms: optional(text()),
})

/** DELETE_ACL_CONFIG */
export const deleteAclConfigRequest = headerTable('DELETE_ACL_CONFIG', { accessKey: text() })

/** UPDATE_GLOBAL_WHITE_ADDRS_CONFIG */
export const globalWhiteAddressesRequest = headerTable('UPDATE_GLOBAL_WHITE_ADDRS_CONFIG', { globalWhiteAddrs: text() })

/** GET_BROKER_CLUSTER_ACL_INFO response */
export const aclVersionResponse = headerTable('GET_BROKER_CLUSTER_ACL_INFO response', {
  version: text(),
  brokerName: text(),
  brokerAddr: text(),
  clusterName: text(),
})
