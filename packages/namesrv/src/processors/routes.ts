import { encodeClusterInfo, encodeTopicRouteData, ResponseCode, topicRequest } from '@mq/protocol'
import { orderTopicNamespace } from '../kv-config.js'
import { checkRouteName, refuse } from '../names.js'
import type { Processor } from '../namesrv-state.js'

/** GET_ROUTEINFO_BY_TOPIC */
export const routeOfTopic: Processor = (namesrv, request) => {
  const { topic } = topicRequest.decode(request.extFields)
  const route = namesrv.routes.route(topic)
  if (route === undefined) {
    refuse(checkRouteName('topic name', topic))
    return {
      code: ResponseCode.TOPIC_NOT_EXIST,
      remark: `No topic route info in name server for the topic: ${topic}: no broker that is registered here has it`,
    }
  }
  if (namesrv.config.orderMessageEnable) route.orderTopicConf = namesrv.kv.get(orderTopicNamespace, topic)
  return { code: ResponseCode.SUCCESS, body: encodeTopicRouteData(route) }
}

/** GET_BROKER_CLUSTER_INFO */
export const clusterInfo: Processor = (namesrv) => ({
  code: ResponseCode.SUCCESS,
  body: encodeClusterInfo(namesrv.routes.clusterInfo()),
})
