import { RequestCode, requestCodeName } from '../codes/request-code.js'
import { headerTable, renamed, type HeaderTable } from '../header-table.js'
import * as admin from './broker-admin.js'
import * as consume from './consume.js'
import * as namesrv from './namesrv.js'
import * as send from './send.js'

const none = headerTable('request without fields', {})

type Table = HeaderTable<any>
type Row = readonly [code: number, request: Table, response?: Table]

/** Every request code of 4.7.1 with what its request and its answer carry as fields; those nobody sends any more included. */
const rows: readonly Row[] = [
  [RequestCode.SEND_MESSAGE, send.sendMessageRequest, send.sendMessageResponse],
  [RequestCode.PULL_MESSAGE, consume.pullMessageRequest, consume.pullMessageResponse],
  [RequestCode.QUERY_MESSAGE, consume.queryMessageRequest, consume.queryMessageResponse],
  [RequestCode.QUERY_BROKER_OFFSET, none],
  [RequestCode.QUERY_CONSUMER_OFFSET, consume.queryConsumerOffsetRequest, consume.offsetResponse],
  [RequestCode.UPDATE_CONSUMER_OFFSET, consume.updateConsumerOffsetRequest],
  [RequestCode.UPDATE_AND_CREATE_TOPIC, admin.createTopicRequest],
  [RequestCode.GET_ALL_TOPIC_CONFIG, none],
  [RequestCode.GET_TOPIC_CONFIG_LIST, none],
  [RequestCode.GET_TOPIC_NAME_LIST, none],
  [RequestCode.UPDATE_BROKER_CONFIG, none],
  [RequestCode.GET_BROKER_CONFIG, none, admin.brokerConfigResponse],
  [RequestCode.TRIGGER_DELETE_FILES, none],
  [RequestCode.GET_BROKER_RUNTIME_INFO, none],
  [RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, consume.searchOffsetRequest, consume.offsetResponse],
  [RequestCode.GET_MAX_OFFSET, consume.queueRequest, consume.offsetResponse],
  [RequestCode.GET_MIN_OFFSET, consume.queueRequest, consume.offsetResponse],
  [RequestCode.GET_EARLIEST_MSG_STORETIME, consume.queueRequest, consume.timestampResponse],
  [RequestCode.VIEW_MESSAGE_BY_ID, consume.viewMessageRequest],
  [RequestCode.HEART_BEAT, none],
  [RequestCode.UNREGISTER_CLIENT, consume.unregisterClientRequest],
  [RequestCode.CONSUMER_SEND_MSG_BACK, send.consumerSendMsgBackRequest],
  [RequestCode.END_TRANSACTION, send.endTransactionRequest],
  [RequestCode.GET_CONSUMER_LIST_BY_GROUP, consume.consumerGroupRequest],
  [RequestCode.CHECK_TRANSACTION_STATE, send.checkTransactionStateRequest],
  [RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, consume.consumerGroupRequest],
  [RequestCode.LOCK_BATCH_MQ, none],
  [RequestCode.UNLOCK_BATCH_MQ, none],
  [RequestCode.GET_ALL_CONSUMER_OFFSET, none],
  [RequestCode.GET_ALL_DELAY_OFFSET, none],
  [RequestCode.CHECK_CLIENT_CONFIG, none],
  [RequestCode.UPDATE_AND_CREATE_ACL_CONFIG, admin.updateAclConfigRequest],
  [RequestCode.DELETE_ACL_CONFIG, admin.deleteAclConfigRequest],
  [RequestCode.GET_BROKER_CLUSTER_ACL_INFO, none, admin.aclVersionResponse],
  [RequestCode.UPDATE_GLOBAL_WHITE_ADDRS_CONFIG, admin.globalWhiteAddressesRequest],
  [RequestCode.GET_BROKER_CLUSTER_ACL_CONFIG, none],
  [RequestCode.PUT_KV_CONFIG, namesrv.putKvConfigRequest],
  [RequestCode.GET_KV_CONFIG, namesrv.kvConfigRequest, namesrv.kvConfigResponse],
  [RequestCode.DELETE_KV_CONFIG, namesrv.kvConfigRequest],
  [RequestCode.REGISTER_BROKER, namesrv.registerBrokerRequest, namesrv.registerBrokerResponse],
  [RequestCode.UNREGISTER_BROKER, namesrv.brokerIdentityRequest],
  [RequestCode.GET_ROUTEINFO_BY_TOPIC, admin.topicRequest],
  [RequestCode.GET_BROKER_CLUSTER_INFO, none],
  [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, none],
  [RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, none],
  [RequestCode.GET_TOPIC_STATS_INFO, admin.topicRequest],
  [RequestCode.GET_CONSUMER_CONNECTION_LIST, consume.consumerGroupRequest],
  [RequestCode.GET_PRODUCER_CONNECTION_LIST, admin.producerConnectionRequest],
  [RequestCode.WIPE_WRITE_PERM_OF_BROKER, namesrv.wipeWritePermRequest, namesrv.wipeWritePermResponse],
  [RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER, none],
  [RequestCode.DELETE_SUBSCRIPTIONGROUP, admin.deleteSubscriptionGroupRequest],
  [RequestCode.GET_CONSUME_STATS, admin.consumeStatsRequest],
  [RequestCode.SUSPEND_CONSUMER, none],
  [RequestCode.RESUME_CONSUMER, none],
  [RequestCode.RESET_CONSUMER_OFFSET_IN_CONSUMER, none],
  [RequestCode.RESET_CONSUMER_OFFSET_IN_BROKER, none],
  [RequestCode.ADJUST_CONSUMER_THREAD_POOL, none],
  [RequestCode.WHO_CONSUME_THE_MESSAGE, none],
  [RequestCode.DELETE_TOPIC_IN_BROKER, admin.topicRequest],
  [RequestCode.DELETE_TOPIC_IN_NAMESRV, admin.topicRequest],
  [RequestCode.GET_KVLIST_BY_NAMESPACE, namesrv.kvListRequest],
  [RequestCode.RESET_CONSUMER_CLIENT_OFFSET, consume.resetOffsetRequest],
  [RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, consume.consumerStatusRequest],
  [RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, consume.resetOffsetRequest],
  [RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, consume.consumerStatusRequest],
  [RequestCode.GET_TOPICS_BY_CLUSTER, namesrv.clusterRequest],
  [RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, admin.topicRequest],
  [RequestCode.REGISTER_FILTER_SERVER, admin.registerFilterServerRequest, admin.registerFilterServerResponse],
  [RequestCode.REGISTER_MESSAGE_FILTER_CLASS, admin.registerMessageFilterClassRequest],
  [RequestCode.QUERY_CONSUME_TIME_SPAN, admin.consumeTimeSpanRequest],
  [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS, none],
  [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER, none],
  [RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, none],
  [RequestCode.GET_CONSUMER_RUNNING_INFO, consume.consumerRunningInfoRequest],
  [RequestCode.QUERY_CORRECTION_OFFSET, admin.correctionOffsetRequest],
  [RequestCode.CONSUME_MESSAGE_DIRECTLY, consume.consumeMessageDirectlyRequest],
  [RequestCode.SEND_MESSAGE_V2, send.sendMessageV2Request, send.sendMessageResponse],
  [RequestCode.GET_UNIT_TOPIC_LIST, none],
  [RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST, none],
  [RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST, none],
  [RequestCode.CLONE_GROUP_OFFSET, admin.cloneGroupOffsetRequest],
  [RequestCode.VIEW_BROKER_STATS_DATA, admin.brokerStatsRequest],
  [RequestCode.CLEAN_UNUSED_TOPIC, none],
  [RequestCode.GET_BROKER_CONSUME_STATS, admin.brokerConsumeStatsRequest],
  [RequestCode.UPDATE_NAMESRV_CONFIG, none],
  [RequestCode.GET_NAMESRV_CONFIG, none],
  [RequestCode.SEND_BATCH_MESSAGE, send.sendMessageV2Request, send.sendMessageResponse],
  [RequestCode.QUERY_CONSUME_QUEUE, admin.queryConsumeQueueRequest],
  [RequestCode.QUERY_DATA_VERSION, namesrv.brokerIdentityRequest, namesrv.queryDataVersionResponse],
  [RequestCode.RESUME_CHECK_HALF_MESSAGE, admin.resumeCheckHalfMessageRequest],
  [RequestCode.SEND_REPLY_MESSAGE, send.sendMessageRequest, send.sendMessageResponse],
  [RequestCode.SEND_REPLY_MESSAGE_V2, send.sendMessageV2Request, send.sendMessageResponse],
  [RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, send.replyMessageRequest],
  // The one code of 5.x a 4.x broker does well to know: its lite pull consumer sends nothing else.
  [RequestCode.LITE_PULL_MESSAGE, consume.pullMessageRequest, consume.pullMessageResponse],
]

/** The header table of each request code; its errors name that code. Codes whose requests carry no fields have an empty one. */
export const requestHeaders: ReadonlyMap<number, Table> = new Map(
  rows.map(([code, request]) => [code, renamed(request, requestCodeName(code))]),
)

/** The header table of the answers to a request code, for those that carry fields. */
export const responseHeaders: ReadonlyMap<number, Table> = new Map(
  rows.flatMap(([code, , response]) =>
    response ? [[code, renamed(response, `${requestCodeName(code)} response`)]] : [],
  ),
)
