import {
  consumerSendMsgBackRequest,
  decodeRecord,
  MessageProperty,
  offsetMessageId,
  propertyOf,
  ResponseCode,
  TopicName,
  withoutProperty,
  withProperty,
  type Answer,
  type HeaderOf,
  type MessageRecord,
  type SubscriptionGroupConfig,
  type TopicConfig,
} from '@mq/protocol'
import type { AcknowledgedStatus } from '@mq/store'
import { refusal, success } from './answers.js'
import type { BrokerState } from './broker-state.js'
import type { Processor } from './processors/processor.js'
import { requireFits } from './processors/send-checks.js'
import { requireAppended, storeFailed } from './processors/send-outcome.js'
import { maxReconsumeTimes, requireGroup } from './processors/send-retried.js'
import { ensureDlqTopic, ensureRetryTopic } from './topic-creation.js'
import { isWritable } from './topics.js'

/** Messages that no consumer has been given: half messages, and those whose time has not come. */
const notConsumed = new Set<string>([TopicName.TRANSACTION_HALF, TopicName.TRANSACTION_OP_HALF, TopicName.SCHEDULE])

type SendBackHeader = HeaderOf<typeof consumerSendMsgBackRequest>

/** Retry number n waits as long as this delay level plus n. */
const firstRetryLevel = 3

/**
 * CONSUMER_SEND_MSG_BACK (`SendMessageProcessor.consumerSendMsgBack`, 4.7.1): a consumer could not handle a message. It
 * comes again by way of its group's retry topic, later each time, and ends in the dead-letter topic.
 */
export const consumerSendMessageBack: Processor = async (broker, request) => {
  if (broker.sends.isFull) return broker.sends.overload()
  const header = consumerSendMsgBackRequest.decode(request.extFields)
  const group = requireGroup(broker, header.group)
  if (!isWritable(broker.config.brokerPermission)) {
    throw refusal(ResponseCode.NO_PERMISSION, `broker ${broker.config.brokerName} takes no messages at present`)
  }
  if (group.retryQueueNums <= 0) return success
  const retryTopic = ensureRetryTopic(broker, group, header.unitMode === true)
  if (!isWritable(retryTopic.perm)) {
    throw refusal(
      ResponseCode.NO_PERMISSION,
      `topic ${retryTopic.topicName} may not be written: its permission is ${retryTopic.perm}, writing needs 2`,
    )
  }
  const record = await failedRecord(broker, header.offset)
  return giveBack(broker, group, retryTopic, header, record, request.version)
}

async function failedRecord(broker: BrokerState, commitLogOffset: number): Promise<MessageRecord> {
  const bytes = await broker.store.recordAt(commitLogOffset)
  const record = bytes && decodeRecord(bytes)
  if (record === undefined || record.commitLogOffset !== commitLogOffset) {
    throw refusal(ResponseCode.SYSTEM_ERROR, `no message is at commit log offset ${commitLogOffset}`)
  }
  if (notConsumed.has(record.topic)) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `the message at commit log offset ${commitLogOffset} waits in ${record.topic}: no consumer has it to give back`,
    )
  }
  return record
}

function giveBack(
  broker: BrokerState,
  group: SubscriptionGroupConfig,
  retryTopic: TopicConfig,
  header: SendBackHeader,
  record: MessageRecord,
  version: number,
): Promise<Answer> {
  const tooOften = record.reconsumeTimes >= maxReconsumeTimes(group, version, header.maxReconsumeTimes)
  const dead = tooOften || header.delayLevel < 0
  const topic = dead ? ensureDlqTopic(broker, group.groupName) : retryTopic
  const retried = {
    topic: topic.topicName,
    queueId: broker.io.random.below(Math.max(1, topic.writeQueueNums)),
    flag: record.flag,
    sysFlag: record.sysFlag,
    bornTimestamp: record.bornTimestamp,
    bornHost: record.bornHost,
    storeHost: broker.storeHost,
    reconsumeTimes: record.reconsumeTimes + 1,
    preparedTransactionOffset: 0,
    body: record.body,
    properties: propertiesGivenBack(record, dead ? undefined : delayLevelOf(header, record)),
  }
  const message = broker.delays.schedule(retried)
  requireFits(broker, retried.topic, message)
  const appended = requireAppended(broker.store.append(message))
  broker.stats.sentBack(group.groupName, record.topic)
  const { clock } = broker.io
  broker.sends.enter(clock.monotonic())
  return new Promise((resolve) =>
    broker.store.whenAcknowledged(appended.endOffset, true, (status) => {
      broker.sends.leave(clock.monotonic())
      resolve(answerOf(broker, status))
    }),
  )
}

const delayLevelOf = (header: SendBackHeader, record: MessageRecord): number =>
  header.delayLevel === 0 ? firstRetryLevel + record.reconsumeTimes : header.delayLevel

/**
 * Consumers find the topic they subscribed to in RETRY_TOPIC. A dead letter keeps no delay: 4.7.1 lets its last one
 * pass once more.
 */
function propertiesGivenBack(record: MessageRecord, delayLevel: number | undefined): string {
  let properties = withProperty(record.properties, MessageProperty.WAIT, 'false')
  if (propertyOf(properties, MessageProperty.RETRY_TOPIC) === undefined) {
    properties = withProperty(properties, MessageProperty.RETRY_TOPIC, record.topic)
  }
  if (propertyOf(properties, MessageProperty.ORIGIN_MESSAGE_ID) === undefined) {
    const id = offsetMessageId(record.storeHost, record.commitLogOffset)
    properties = withProperty(properties, MessageProperty.ORIGIN_MESSAGE_ID, id)
  }
  return delayLevel === undefined
    ? withoutProperty(properties, MessageProperty.DELAY)
    : withProperty(properties, MessageProperty.DELAY, String(delayLevel))
}

/** Late on the disk is stored all the same, and a second copy would help nobody. */
const answerOf = (broker: BrokerState, status: AcknowledgedStatus): Answer =>
  status === 'FAILED' ? { code: ResponseCode.SERVICE_NOT_AVAILABLE, remark: storeFailed(broker) } : success
