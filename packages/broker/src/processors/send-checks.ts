import {
  checkTopicName,
  isRetryTopic,
  ResponseCode,
  TopicName,
  TransactionType,
  transactionType,
  type SendMessageHeader,
  type TopicConfig,
} from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import { refusal } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import { createTopicByDefault, ensureSentRetryTopic } from '../topic-creation.js'
import { isWritable } from '../topics.js'

/**
 * What a send must pass, in Apache's order (`AbstractSendMessageProcessor.msgCheck`, 4.7.1); returns the topic, which may
 * come into being here. The write permission of a topic is not looked at: clients honour that of their route.
 */
export function checkSend(broker: BrokerState, header: SendMessageHeader, channel: Channel): TopicConfig {
  const known = broker.topics.get(header.topic)
  // Names of known topics were checked when they came into being, and ordered topics are known ones.
  if (known !== undefined) requireBrokerWritable(broker, known)
  const topic = known ?? newTopic(broker, header)
  if (header.topic === TopicName.SCHEDULE) {
    throw refusal(
      ResponseCode.NO_PERMISSION,
      `${header.topic} belongs to the broker: send to the topic of your own with a delay level`,
    )
  }
  if (header.queueId >= topic.writeQueueNums && header.queueId >= topic.readQueueNums) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `queue ${header.queueId} is illegal: topic ${topic.topicName} has ${topic.writeQueueNums} queues to write and ${topic.readQueueNums} to read; producer ${channel.name}`,
    )
  }
  requireNoTransaction(header)
  return topic
}

function requireBrokerWritable(broker: BrokerState, topic: TopicConfig): void {
  if (topic.order && !isWritable(broker.config.brokerPermission)) {
    throw refusal(ResponseCode.NO_PERMISSION, `broker ${broker.config.brokerName} takes no messages at present`)
  }
}

function newTopic(broker: BrokerState, header: SendMessageHeader): TopicConfig {
  const problem = checkTopicName(header.topic)
  if (problem !== undefined) throw refusal(ResponseCode.SYSTEM_ERROR, problem)
  const unit = header.unitMode === true
  const created =
    createTopicByDefault(broker, header.topic, {
      defaultTopic: header.defaultTopic,
      queues: header.defaultTopicQueueNums,
      unit,
    }) ?? (isRetryTopic(header.topic) ? ensureSentRetryTopic(broker, header.topic, unit) : undefined)
  if (created !== undefined) return created
  throw refusal(
    ResponseCode.TOPIC_NOT_EXIST,
    `topic ${header.topic} does not exist on broker ${broker.config.brokerName} and is not made by a first message: create it, or set autoCreateTopicEnable=true`,
  )
}

/** Half messages need the transaction service, and a rolled back one is nobody's to send. */
function requireNoTransaction(header: SendMessageHeader): void {
  const kind = transactionType(header.sysFlag)
  if (kind === TransactionType.NONE || kind === TransactionType.COMMIT) return
  throw refusal(
    ResponseCode.NO_PERMISSION,
    'this broker takes no transactional messages: transactions are not implemented yet',
  )
}
