import {
  clusterRequest,
  encodeTopicList,
  ResponseCode,
  topicRequest,
  wipeWritePermRequest,
  wipeWritePermResponse,
  type Answer,
} from '@mq/protocol'
import { checkRouteName, refuse } from '../names.js'
import type { Processor } from '../namesrv-state.js'

/** Bits of a topic's `topicSysFlag`: made for units; subscribed by units. */
const unitBit = 1
const unitSubscribedBit = 2

const listAnswer = (topicList: string[], brokerAddr?: string): Answer => ({
  code: ResponseCode.SUCCESS,
  body: encodeTopicList({ topicList, brokerAddr }),
})

/** GET_ALL_TOPIC_LIST_FROM_NAMESERVER */
export const allTopics: Processor = ({ routes }) => listAnswer(routes.topicNames())

/** GET_TOPICS_BY_CLUSTER */
export const topicsOfCluster: Processor = ({ routes }, request) =>
  listAnswer(routes.topicsOfCluster(clusterRequest.decode(request.extFields).cluster))

/** GET_SYSTEM_TOPIC_LIST_FROM_NS */
export const systemTopics: Processor = ({ routes }) => {
  const { topicList, brokerAddr } = routes.systemTopics()
  return listAnswer(topicList, brokerAddr)
}

/** GET_UNIT_TOPIC_LIST */
export const unitTopics: Processor = ({ routes }) =>
  listAnswer(routes.topicsWhere(({ topicSysFlag }) => (topicSysFlag & unitBit) !== 0))

/** GET_HAS_UNIT_SUB_TOPIC_LIST */
export const unitSubscribedTopics: Processor = ({ routes }) =>
  listAnswer(routes.topicsWhere(({ topicSysFlag }) => (topicSysFlag & unitSubscribedBit) !== 0))

/** GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST */
export const unitSubscribedOtherTopics: Processor = ({ routes }) =>
  listAnswer(
    routes.topicsWhere(
      ({ topicSysFlag }) => (topicSysFlag & unitSubscribedBit) !== 0 && (topicSysFlag & unitBit) === 0,
    ),
  )

/** DELETE_TOPIC_IN_NAMESRV */
export const deleteTopic: Processor = (namesrv, request) => {
  const { topic } = topicRequest.decode(request.extFields)
  refuse(checkRouteName('topic name', topic))
  namesrv.routes.deleteTopic(topic)
  namesrv.logger.info({ topic }, `topic ${topic} deleted`)
  return { code: ResponseCode.SUCCESS }
}

/** WIPE_WRITE_PERM_OF_BROKER */
export const wipeWritePermission: Processor = (namesrv, request) => {
  const { brokerName } = wipeWritePermRequest.decode(request.extFields)
  refuse(checkRouteName('broker name', brokerName))
  const wipeTopicCount = namesrv.routes.wipeWritePermission(brokerName)
  namesrv.logger.info(
    { brokerName, wipeTopicCount },
    `write permission of ${wipeTopicCount} topics of ${brokerName} taken`,
  )
  return { code: ResponseCode.SUCCESS, extFields: wipeWritePermResponse.encode({ wipeTopicCount }) }
}
