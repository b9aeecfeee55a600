import type { AdminCommand } from './command.js'
import { brokerStatus } from './commands/broker-status.js'
import { clusterAclConfigVersion } from './commands/cluster-acl-config-version.js'
import { clusterList } from './commands/cluster-list.js'
import { consumerConnection } from './commands/consumer-connection.js'
import { consumerProgress } from './commands/consumer-progress.js'
import { consumerStatus } from './commands/consumer-status.js'
import { deleteAccessConfig } from './commands/delete-access-config.js'
import { deleteKvConfig } from './commands/delete-kv-config.js'
import { deleteSubGroup } from './commands/delete-sub-group.js'
import { deleteTopic } from './commands/delete-topic.js'
import { getAccessConfig } from './commands/get-access-config.js'
import { getBrokerConfig } from './commands/get-broker-config.js'
import { getNamesrvConfig } from './commands/get-namesrv-config.js'
import { producerConnection } from './commands/producer-connection.js'
import { queryMsgById } from './commands/query-msg-by-id.js'
import { queryMsgByOffset } from './commands/query-msg-by-offset.js'
import { sendMessage } from './commands/send-message.js'
import { topicClusterList } from './commands/topic-cluster-list.js'
import { topicList } from './commands/topic-list.js'
import { topicRoute } from './commands/topic-route.js'
import { topicStatus } from './commands/topic-status.js'
import { updateAclConfig } from './commands/update-acl-config.js'
import { updateBrokerConfig } from './commands/update-broker-config.js'
import { updateGlobalWhiteAddr } from './commands/update-global-white-addr.js'
import { updateKvConfig } from './commands/update-kv-config.js'
import { updateSubGroup } from './commands/update-sub-group.js'
import { updateTopicPerm } from './commands/update-topic-perm.js'
import { updateTopic } from './commands/update-topic.js'
import { wipeWritePerm } from './commands/wipe-write-perm.js'

/** All commands, in the order in which RocketMQ's own tool lists them. */
export const commands: readonly AdminCommand[] = [
  updateTopic,
  deleteTopic,
  updateSubGroup,
  deleteSubGroup,
  updateBrokerConfig,
  updateTopicPerm,
  topicRoute,
  topicStatus,
  topicClusterList,
  brokerStatus,
  queryMsgById,
  queryMsgByOffset,
  producerConnection,
  consumerConnection,
  consumerProgress,
  consumerStatus,
  clusterList,
  topicList,
  updateKvConfig,
  deleteKvConfig,
  wipeWritePerm,
  getNamesrvConfig,
  getBrokerConfig,
  sendMessage,
  updateAclConfig,
  deleteAccessConfig,
  clusterAclConfigVersion,
  updateGlobalWhiteAddr,
  getAccessConfig,
]
