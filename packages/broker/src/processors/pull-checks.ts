import {
  pullMessageRequest,
  ResponseCode,
  type HeaderOf,
  type ReceivedCommand,
  type SubscriptionGroupConfig,
} from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import { refusal } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import { isReadable } from '../topics.js'
import { pullFilter, type MessageFilter } from './pull-filter.js'
import { findOrCreateGroup } from './send-retried.js'

export type PullHeader = HeaderOf<typeof pullMessageRequest>

export interface CheckedPull {
  header: PullHeader
  group: SubscriptionGroupConfig
  filter: MessageFilter
}

/** What a pull must pass, in Apache's order (`PullMessageProcessor.processRequest`, 4.7.1). */
export function checkPull(broker: BrokerState, request: ReceivedCommand, channel: Channel): CheckedPull {
  const header = pullMessageRequest.decode(request.extFields)
  if (!isReadable(broker.config.brokerPermission)) {
    throw refusal(ResponseCode.NO_PERMISSION, `broker ${broker.config.brokerName} gives out no messages at present`)
  }
  const group = findOrCreateGroup(broker, header.consumerGroup)
  if (!group.consumeEnable) {
    throw refusal(
      ResponseCode.NO_PERMISSION,
      `consumer group ${header.consumerGroup} may not consume (consumeEnable=false)`,
    )
  }
  requireQueue(broker, header, channel)
  return { header, group, filter: pullFilter(broker, header, group) }
}

function requireQueue(broker: BrokerState, { topic, queueId }: PullHeader, channel: Channel): void {
  const config = broker.topics.get(topic)
  if (config === undefined) {
    throw refusal(
      ResponseCode.TOPIC_NOT_EXIST,
      `topic ${topic.slice(0, 255)} does not exist on broker ${broker.config.brokerName}`,
    )
  }
  if (!isReadable(config.perm)) {
    throw refusal(
      ResponseCode.NO_PERMISSION,
      `topic ${topic} may not be read: its permission is ${config.perm}, reading needs 4`,
    )
  }
  if (queueId < 0 || queueId >= config.readQueueNums) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `queue ${queueId} is illegal: topic ${topic} has ${config.readQueueNums} queues to read; consumer ${channel.name}`,
    )
  }
}
