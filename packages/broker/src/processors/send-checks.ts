import {
  checkTopicName,
  isRetryTopic,
  MessageProperty,
  propertyOf,
  recordByteLength,
  ResponseCode,
  TopicName,
  TransactionType,
  transactionType,
  type SendMessageHeader,
  type TopicConfig,
} from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import type { MessageToStore } from '@mq/store'
import { refusal } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import { createTopicByDefault, ensureSentRetryTopic } from '../topic-creation.js'
import { isWritable } from '../topics.js'

/** Topics whose messages have a meaning to the broker. 4.7.1 guards only the first. */
const keptByBroker = new Set<string>([
  TopicName.SCHEDULE,
  TopicName.TRANSACTION_HALF,
  TopicName.TRANSACTION_OP_HALF,
  TopicName.TRANSACTION_CHECK_MAX_TIME,
])

/**
 * What a send must pass, in Apache's order (`AbstractSendMessageProcessor.msgCheck`, 4.7.1); returns the topic, which may
 * come into being here. The write permission of a topic is not looked at: clients honour that of their route.
 */
export function checkSend(broker: BrokerState, header: SendMessageHeader, channel: Channel): TopicConfig {
  requireAccepting(broker)
  const known = broker.topics.get(header.topic)
  // Names of known topics were checked when they came into being, and ordered topics are known ones.
  if (known !== undefined) requireBrokerWritable(broker, known)
  const topic = known ?? newTopic(broker, header)
  if (keptByBroker.has(header.topic)) {
    throw refusal(
      ResponseCode.NO_PERMISSION,
      `${header.topic} belongs to the broker: send to a topic of your own, with a delay level or in a transaction`,
    )
  }
  if (header.queueId >= topic.writeQueueNums && header.queueId >= topic.readQueueNums) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `queue ${header.queueId} is illegal: topic ${topic.topicName} has ${topic.writeQueueNums} queues to write and ${topic.readQueueNums} to read; producer ${channel.name}`,
    )
  }
  requireTransaction(broker, header)
  requireDelayLevel(header)
  return topic
}

function requireAccepting({ config, io }: BrokerState): void {
  const fromMs = config.startAcceptSendRequestTimeStamp
  if (fromMs === 0 || io.clock.now() >= fromMs) return
  const until = new Date(fromMs).toISOString()
  throw refusal(
    ResponseCode.SYSTEM_ERROR,
    `broker ${config.brokerName} takes no messages until ${until} (startAcceptSendRequestTimeStamp)`,
  )
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

/** One that cannot be read would be no delay: in 4.7.1 the send fails with a Java exception. */
function requireDelayLevel({ properties = '' }: SendMessageHeader): void {
  if (!properties.includes('DELAY\u0001')) return
  const level = propertyOf(properties, MessageProperty.DELAY)
  if (level === undefined || (/^[+-]?\d{1,10}$/.test(level) && Math.abs(Number(level)) < 2 ** 31)) return
  throw refusal(
    ResponseCode.MESSAGE_ILLEGAL,
    `the delay level '${level.slice(0, 40)}' is no whole number: the property DELAY takes 1 for the first level of messageDelayLevel, and so on`,
  )
}

/** A message that only its sysFlag says to be prepared or rolled back would be in the log and in no queue: 4.7.1 loses it. */
function requireTransaction(broker: BrokerState, header: SendMessageHeader): void {
  const kind = transactionType(header.sysFlag)
  const property = propertyOf(header.properties ?? '', MessageProperty.TRANSACTION_PREPARED)
  if (kind === TransactionType.ROLLBACK || (kind === TransactionType.PREPARED && property === undefined)) {
    throw refusal(
      ResponseCode.MESSAGE_ILLEGAL,
      `sysFlag ${header.sysFlag} is of a transaction, and the property TRAN_MSG is not there: no consumer would get the message`,
    )
  }
}

/** A queue below zero leaves the choice to the broker. */
export const chosenQueue = (broker: BrokerState, header: SendMessageHeader, topic: TopicConfig): number =>
  header.queueId >= 0 ? header.queueId : broker.io.random.below(Math.max(1, topic.writeQueueNums))

/** An empty body is stored by 4.7.1 and then stops each of its own push consumers that meets it: refused here. */
export function requireBody(body: Uint8Array | undefined): void {
  if (body === undefined || body.length === 0) {
    throw refusal(ResponseCode.MESSAGE_ILLEGAL, 'the message has no body: it would stop Java consumers of its queue')
  }
}

/** What waits in a topic of the broker's must fit under its own topic too: else it would be acknowledged and never delivered. */
export function requireFits(broker: BrokerState, topic: string, waiting: MessageToStore): void {
  const { storeHost } = broker
  const { bornHost, body, properties } = waiting
  const propertiesBytes = typeof properties === 'string' ? Buffer.byteLength(properties) : properties.length
  const size = { topicBytes: Buffer.byteLength(topic), bodyBytes: body?.length ?? 0, propertiesBytes }
  const bytes = recordByteLength({ bornHost, storeHost, ...size })
  const problem = tooLong(broker, bytes, ` in ${topic}`)
  if (problem !== undefined) throw refusal(ResponseCode.MESSAGE_ILLEGAL, `the record ${problem}`)
}

/** What is wrong with the length of a record; undefined when it can be stored. */
export function tooLong({ config, store }: BrokerState, bytes: number, where = ''): string | undefined {
  const most = Math.min(config.maxMessageSize, store.recordBytesMax)
  if (bytes <= most) return undefined
  const rule = most === config.maxMessageSize ? 'maxMessageSize' : 'what the store takes: one file holds a whole record'
  return `would have ${bytes} bytes${where}, the most is ${most} (${rule})`
}
