import { checkGroupName, checkTopicName, isSystemTopic, ResponseCode } from '@mq/protocol'
import type { BrokerState } from './broker-state.js'
import { refusal } from './answers.js'

/** Refuses a topic name that cannot be one: names become file names and keys of documents. */
export function requireTopicName(topic: string): void {
  const problem = checkTopicName(topic)
  if (problem !== undefined) throw refusal(ResponseCode.SYSTEM_ERROR, problem)
}

export function requireGroupName(group: string): void {
  const problem = checkGroupName(group)
  if (problem !== undefined) throw refusal(ResponseCode.SYSTEM_ERROR, problem)
}

/** Client ids are shown, compared and kept: they need only be of a reasonable size. */
export function requireClientId(clientId: string): void {
  if (clientId !== '' && clientId.length <= 1024) return
  const problem =
    clientId === '' ? 'the client id is empty' : `the client id has ${clientId.length} characters, the most is 1024`
  throw refusal(ResponseCode.SYSTEM_ERROR, problem)
}

/** Topics nobody may create, change or delete: RocketMQ's own, and those named after cluster and broker. */
export const isReservedTopic = (broker: BrokerState, topic: string): boolean =>
  isSystemTopic(topic) ||
  topic === broker.config.brokerClusterName ||
  topic === broker.config.brokerName ||
  topic === replyTopic(broker.config.brokerClusterName)

/** Where replies of request-reply go (`MixAll.getReplyTopic`). */
export const replyTopic = (cluster: string): string => `${cluster}_REPLY_TOPIC`
