import {
  isRetryTopic,
  MessageProperty,
  propertyOf,
  ResponseCode,
  TopicName,
  toSendMessage,
  type ReceivedCommand,
  type SendMessageHeader,
} from '@mq/protocol'
import { ResponseError, type Channel } from '@mq/remoting'
import type { MessageToStore } from '@mq/store'
import { refusal } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import type { Processor } from './processor.js'
import { ensureTransactionTopic } from '../topic-creation.js'
import { halfMessage, isHalfMessage } from '../transactions/half-message.js'
import { sendBatch } from './send-batch.js'
import { checkSend, chosenQueue, requireBody, requireFits } from './send-checks.js'
import { answerWhenAcknowledged, requireAppended, sendAnswerFields } from './send-outcome.js'
import { retriedMessage } from './send-retried.js'

/**
 * SEND_MESSAGE, SEND_MESSAGE_V2, SEND_BATCH_MESSAGE (`SendMessageProcessor`, 4.7.1). The answer leaves when the store has
 * reached its acknowledgement level, together with all others that waited for the same write.
 */
export const sendMessage: Processor = (broker, request, channel) => {
  try {
    if (broker.sends.isFull) return broker.sends.overload()
    const header = toSendMessage(request)
    if (header.batch) sendBatch(broker, request, channel, header)
    else sendOne(broker, request, channel, header)
    return undefined
  } catch (error) {
    // Java clients read these fields from errors too.
    if (error instanceof ResponseError) {
      return { code: error.code, remark: error.message, extFields: broker.sendFields }
    }
    throw error
  }
}

function sendOne(broker: BrokerState, request: ReceivedCommand, channel: Channel, header: SendMessageHeader): void {
  let topic = checkSend(broker, header, channel)
  let queueId = chosenQueue(broker, header, topic)
  let properties = header.properties ?? ''
  if (isRetryTopic(header.topic)) {
    const retried = retriedMessage(broker, header, request.version, { topic, queueId, properties })
    ;({ topic, queueId, properties } = retried)
  }
  requireBody(request.body)
  const message = messageToStore(broker, {
    topic: topic.topicName,
    queueId,
    flag: header.flag,
    sysFlag: header.sysFlag,
    bornTimestamp: header.bornTimestamp,
    bornHost: channel.remote,
    storeHost: broker.storeHost,
    reconsumeTimes: header.reconsumeTimes ?? 0,
    preparedTransactionOffset: 0,
    body: request.body,
    properties: withCluster(broker, properties),
  })
  const appended = requireAppended(broker.store.append(message))
  if (!isRetryTopic(header.topic)) noteRequester(broker, properties, channel)
  const waits = propertyOf(properties, MessageProperty.WAIT) !== 'false'
  const fields = sendAnswerFields(broker, appended.messageId, queueId, appended.queueOffset)
  answerWhenAcknowledged(broker, request, channel, { endOffset: appended.endOffset, waits, fields })
  broker.stats.put(topic.topicName, 1, request.body!.length)
}

function noteRequester({ producers }: BrokerState, properties: string, channel: Channel): void {
  if (!properties.includes(MessageProperty.REPLY_TO_CLIENT)) return
  const clientId = propertyOf(properties, MessageProperty.REPLY_TO_CLIENT)
  if (clientId !== undefined) producers.noteRequester(clientId, channel)
}

/** What waits for a transaction or a delay goes to a topic of the broker's. */
function messageToStore(broker: BrokerState, message: MessageToStore & { properties: string }): MessageToStore {
  if (!isHalfMessage(message)) return fitting(broker, message, broker.delays.schedule(message))
  if (broker.config.rejectTransactionMessage) {
    throw refusal(
      ResponseCode.NO_PERMISSION,
      `broker ${broker.config.brokerName} takes no transactional messages (rejectTransactionMessage=true)`,
    )
  }
  ensureTransactionTopic(broker, TopicName.TRANSACTION_HALF)
  return fitting(broker, message, halfMessage(message))
}

function fitting(broker: BrokerState, message: MessageToStore, waiting: MessageToStore): MessageToStore {
  if (waiting !== message) requireFits(broker, message.topic, waiting)
  return waiting
}

/** Requesters find the cluster that replies go to by this property. */
function withCluster(broker: BrokerState, properties: string): string {
  if (properties.includes('CLUSTER\u0001')) return properties
  return properties === '' || properties.endsWith('\u0002')
    ? properties + broker.clusterProperty
    : `${properties}\u0002${broker.clusterProperty}`
}
