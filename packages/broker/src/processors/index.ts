import { RequestCode } from '@mq/protocol'
import { aclConfig, aclVersion, deleteAccount, updateAccount, updateWhiteAddresses } from './acl.js'
import type { Processor } from './processor.js'
import { consumerSendMessageBack } from '../send-back.js'
import { brokerConfig, updateBrokerConfig } from './broker-config.js'
import { brokerStats, runtimeInfo } from './broker-status.js'
import { consumeMessageDirectly, consumerRunningInfo } from './client-calls.js'
import { checkClientConfig, consumerList, heartbeat, unregisterClient } from './clients.js'
import { consumerConnections, producerConnections } from './connections.js'
import { queryConsumeQueue } from './consume-queue.js'
import {
  allConsumerOffsets,
  allDelayOffsets,
  cloneGroupOffset,
  queryConsumerOffset,
  queryCorrectionOffset,
  updateConsumerOffset,
} from './consumer-offsets.js'
import { endTransaction } from './end-transaction.js'
import { queryMessage, viewMessage } from './messages.js'
import { brokerConsumeStats, consumeStats, topicConsumers, topicStats } from './progress.js'
import { pullMessage } from './pull-message.js'
import { lockQueues, unlockQueues } from './queue-locks.js'
import { earliestStoreTime, maxOffset, minOffset, searchOffset } from './queue-offsets.js'
import { consumerStatus, resetOffset } from './reset-offset.js'
import { resumeCheck } from './resume-check.js'
import { sendMessage } from './send-message.js'
import { sendReply } from './send-reply.js'
import { allSubscriptionGroups, deleteSubscriptionGroup, updateSubscriptionGroup } from './subscription-groups.js'
import { consumeTimeSpan } from './time-span.js'
import {
  allTopics,
  cleanExpiredQueues,
  cleanUnusedTopics,
  deleteTopic,
  systemTopics,
  updateTopic,
} from './topic-config.js'

/** All a broker answers. Codes that are not here are answered REQUEST_CODE_NOT_SUPPORTED. */
export const processors: ReadonlyMap<number, Processor> = new Map<number, Processor>([
  [RequestCode.SEND_MESSAGE, sendMessage],
  [RequestCode.SEND_MESSAGE_V2, sendMessage],
  [RequestCode.SEND_BATCH_MESSAGE, sendMessage],
  [RequestCode.SEND_REPLY_MESSAGE, sendReply],
  [RequestCode.SEND_REPLY_MESSAGE_V2, sendReply],
  [RequestCode.PULL_MESSAGE, pullMessage],
  [RequestCode.LITE_PULL_MESSAGE, pullMessage],
  [RequestCode.QUERY_MESSAGE, queryMessage],
  [RequestCode.QUERY_CONSUMER_OFFSET, queryConsumerOffset],
  [RequestCode.UPDATE_CONSUMER_OFFSET, updateConsumerOffset],
  [RequestCode.UPDATE_AND_CREATE_TOPIC, updateTopic],
  [RequestCode.GET_ALL_TOPIC_CONFIG, allTopics],
  [RequestCode.UPDATE_BROKER_CONFIG, updateBrokerConfig],
  [RequestCode.GET_BROKER_CONFIG, brokerConfig],
  [RequestCode.GET_BROKER_RUNTIME_INFO, runtimeInfo],
  [RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, searchOffset],
  [RequestCode.GET_MAX_OFFSET, maxOffset],
  [RequestCode.GET_MIN_OFFSET, minOffset],
  [RequestCode.GET_EARLIEST_MSG_STORETIME, earliestStoreTime],
  [RequestCode.VIEW_MESSAGE_BY_ID, viewMessage],
  [RequestCode.HEART_BEAT, heartbeat],
  [RequestCode.UNREGISTER_CLIENT, unregisterClient],
  [RequestCode.CONSUMER_SEND_MSG_BACK, consumerSendMessageBack],
  [RequestCode.END_TRANSACTION, endTransaction],
  [RequestCode.GET_CONSUMER_LIST_BY_GROUP, consumerList],
  [RequestCode.LOCK_BATCH_MQ, lockQueues],
  [RequestCode.UNLOCK_BATCH_MQ, unlockQueues],
  [RequestCode.GET_ALL_CONSUMER_OFFSET, allConsumerOffsets],
  [RequestCode.GET_ALL_DELAY_OFFSET, allDelayOffsets],
  [RequestCode.CHECK_CLIENT_CONFIG, checkClientConfig],
  [RequestCode.UPDATE_AND_CREATE_ACL_CONFIG, updateAccount],
  [RequestCode.DELETE_ACL_CONFIG, deleteAccount],
  [RequestCode.GET_BROKER_CLUSTER_ACL_INFO, aclVersion],
  [RequestCode.UPDATE_GLOBAL_WHITE_ADDRS_CONFIG, updateWhiteAddresses],
  [RequestCode.GET_BROKER_CLUSTER_ACL_CONFIG, aclConfig],
  [RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, updateSubscriptionGroup],
  [RequestCode.GET_ALL_SUBSCRIPTIONGROUP_CONFIG, allSubscriptionGroups],
  [RequestCode.DELETE_SUBSCRIPTIONGROUP, deleteSubscriptionGroup],
  [RequestCode.GET_TOPIC_STATS_INFO, topicStats],
  [RequestCode.GET_CONSUMER_CONNECTION_LIST, consumerConnections],
  [RequestCode.GET_PRODUCER_CONNECTION_LIST, producerConnections],
  [RequestCode.GET_CONSUME_STATS, consumeStats],
  [RequestCode.DELETE_TOPIC_IN_BROKER, deleteTopic],
  [RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, resetOffset],
  [RequestCode.INVOKE_BROKER_TO_GET_CONSUMER_STATUS, consumerStatus],
  [RequestCode.QUERY_TOPIC_CONSUME_BY_WHO, topicConsumers],
  [RequestCode.QUERY_CONSUME_TIME_SPAN, consumeTimeSpan],
  [RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER, systemTopics],
  [RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE, cleanExpiredQueues],
  [RequestCode.GET_CONSUMER_RUNNING_INFO, consumerRunningInfo],
  [RequestCode.QUERY_CORRECTION_OFFSET, queryCorrectionOffset],
  [RequestCode.CONSUME_MESSAGE_DIRECTLY, consumeMessageDirectly],
  [RequestCode.CLONE_GROUP_OFFSET, cloneGroupOffset],
  [RequestCode.VIEW_BROKER_STATS_DATA, brokerStats],
  [RequestCode.CLEAN_UNUSED_TOPIC, cleanUnusedTopics],
  [RequestCode.GET_BROKER_CONSUME_STATS, brokerConsumeStats],
  [RequestCode.QUERY_CONSUME_QUEUE, queryConsumeQueue],
  [RequestCode.RESUME_CHECK_HALF_MESSAGE, resumeCheck],
])

/** Not answered on the second port, as in Apache: long polls would keep the port from being fast. */
export const notOnFastPort: ReadonlySet<number> = new Set([RequestCode.PULL_MESSAGE, RequestCode.LITE_PULL_MESSAGE])
