import {
  decodeCheckClientRequestBody,
  decodeHeartbeatData,
  encodeGetConsumerListByGroupResponseBody,
  consumerGroupRequest,
  ResponseCode,
  unregisterClientRequest,
  type ConsumerData,
} from '@mq/protocol'
import { refusal, success, successWithBody } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import type { Processor } from './processor.js'
import type { Client } from '../client-channels.js'
import { requireClientId, requireGroupName, requireTopicName } from '../names.js'
import { ensureRetryTopicOf } from '../retry-topics.js'
import { isTagExpression } from '../subscription.js'
import { compiled, requirePropertyFilter } from './pull-filter.js'

/** HEART_BEAT (`ClientManageProcessor.heartBeat`, 4.7.1). All of it is checked before any of it is taken in. */
export const heartbeat: Processor = (broker, request, channel) => {
  const data = decodeHeartbeatData(request.body)
  requireClientId(data.clientID)
  for (const consumer of data.consumerDataSet) requireConsumerData(consumer)
  for (const producer of data.producerDataSet) requireGroupName(producer.groupName)
  const client: Client = {
    channel,
    clientId: data.clientID,
    language: request.language,
    version: request.version,
    lastHeartbeatMs: broker.io.clock.monotonic(),
  }
  for (const consumer of data.consumerDataSet) registerConsumer(broker, consumer, { ...client })
  for (const producer of data.producerDataSet) broker.producers.register(producer.groupName, { ...client })
  return success
}

function requireConsumerData(consumer: ConsumerData): void {
  requireGroupName(consumer.groupName)
  for (const subscription of consumer.subscriptionDataSet) requireTopicName(subscription.topic)
}

function registerConsumer(broker: BrokerState, consumer: ConsumerData, client: Client): void {
  const group = broker.groups.findOrCreate(consumer.groupName)
  const isNew = broker.consumers.register(consumer, client)
  if (group !== undefined) ensureRetryTopicOf(broker, group, consumer, isNew)
}

/** UNREGISTER_CLIENT. C++ sends an empty text for a group it has not. */
export const unregisterClient: Processor = (broker, request, channel) => {
  const { producerGroup, consumerGroup } = unregisterClientRequest.decode(request.extFields)
  if (producerGroup) broker.producers.unregister(producerGroup, channel)
  if (consumerGroup) broker.consumers.unregister(consumerGroup, channel)
  return { ...success, extFields: {} }
}

/**
 * GET_CONSUMER_LIST_BY_GROUP: what rebalance of all members goes by. A client that has come back on a new connection before
 * the old one was gone counts once: in 4.7.1 it takes the share of two.
 */
export const consumerList: Processor = (broker, request) => {
  const { consumerGroup } = consumerGroupRequest.decode(request.extFields)
  const consumerIdList = [...new Set(broker.consumers.clientsOf(consumerGroup).map(({ clientId }) => clientId))].sort()
  if (consumerIdList.length === 0) {
    throw refusal(ResponseCode.SYSTEM_ERROR, `no consumer for this group, ${consumerGroup.slice(0, 255)}`)
  }
  return { ...successWithBody(encodeGetConsumerListByGroupResponseBody({ consumerIdList })), extFields: {} }
}

/** CHECK_CLIENT_CONFIG: may a consumer with this subscription start? */
export const checkClientConfig: Processor = (broker, request) => {
  const { subscriptionData } = decodeCheckClientRequestBody(request.body)
  if (subscriptionData === undefined || isTagExpression(subscriptionData.expressionType)) return success
  const { expressionType, subString } = subscriptionData
  requirePropertyFilter(broker, expressionType)
  compiled(expressionType, subString)
  return success
}
