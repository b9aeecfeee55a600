import { sendMessageV2Request, TopicName, type ExtFields, type MessageQueue } from '@mq/protocol'
import { defaultTopicQueueNums } from '../client-instance/routes.js'
import type { ProducerSettings } from './producer-options.js'
import type { SendFrame } from './send-frame.js'

/** The header of a frame's request. It names the template topic, by which the broker makes a topic that is not there. */
export const sendHeader = (
  frame: SendFrame,
  queue: MessageQueue,
  { brokerGroup, unitMode }: ProducerSettings,
  nowMs: number,
): ExtFields =>
  sendMessageV2Request.encode({
    producerGroup: brokerGroup,
    topic: queue.topic,
    defaultTopic: TopicName.AUTO_CREATE,
    defaultTopicQueueNums,
    queueId: queue.queueId,
    sysFlag: frame.sysFlag,
    bornTimestamp: nowMs,
    flag: frame.flag,
    properties: frame.properties,
    reconsumeTimes: frame.reconsumeTimes,
    unitMode,
    maxReconsumeTimes: frame.maxReconsumeTimes,
    batch: frame.batch,
  })
