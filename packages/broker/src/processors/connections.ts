import {
  consumerGroupRequest,
  encodeConsumerConnection,
  encodeProducerConnection,
  producerConnectionRequest,
  ResponseCode,
  type ClientConnection,
} from '@mq/protocol'
import { refusal, successWithBody } from '../answers.js'
import type { Processor } from './processor.js'
import type { Client } from '../client-channels.js'

/** GET_CONSUMER_CONNECTION_LIST: who a group's members are, and what they consume. */
export const consumerConnections: Processor = (broker, request) => {
  const { consumerGroup } = consumerGroupRequest.decode(request.extFields)
  const group = broker.consumers.group(consumerGroup)
  if (group === undefined) throw refusal(ResponseCode.CONSUMER_NOT_ONLINE, notOnline(consumerGroup))
  return successWithBody(
    encodeConsumerConnection({
      connectionSet: broker.consumers.clientsOf(consumerGroup).map(connectionOf),
      subscriptionTable: new Map([...group.subscriptions].map(([topic, { data }]) => [topic, data])),
      consumeType: group.consumeType,
      messageModel: group.messageModel,
      consumeFromWhere: group.consumeFromWhere,
    }),
  )
}

export const notOnline = (group: string): string => `no consumer of group ${group.slice(0, 255)} is online`

/** GET_PRODUCER_CONNECTION_LIST */
export const producerConnections: Processor = (broker, request) => {
  const { producerGroup } = producerConnectionRequest.decode(request.extFields)
  const connectionSet = broker.producers.of(producerGroup).map(connectionOf)
  if (connectionSet.length > 0) return successWithBody(encodeProducerConnection({ connectionSet }))
  throw refusal(ResponseCode.SYSTEM_ERROR, `no producer of group ${producerGroup.slice(0, 255)} is online`)
}

const connectionOf = ({ clientId, channel, language, version }: Client): ClientConnection => ({
  clientId,
  clientAddr: channel.name,
  language,
  version,
})
