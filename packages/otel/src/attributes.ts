import type { ConsumeEvent, SendEvent } from '@mq/client'
import type { Attributes } from '@opentelemetry/api'

/** Names of OpenTelemetry's semantic conventions for messaging with RocketMQ. Undefined ones are left out by the SDK. */
export function sendAttributes({ group, message }: SendEvent): Attributes {
  const { topic, tags, keys, body, delayLevel } = message
  return {
    'messaging.system': 'rocketmq',
    'messaging.operation.type': 'send',
    'messaging.operation.name': 'send',
    'messaging.destination.name': topic,
    'messaging.message.body.size': typeof body === 'string' ? Buffer.byteLength(body) : body.length,
    'messaging.rocketmq.client_group': group,
    'messaging.rocketmq.message.tag': tags,
    'messaging.rocketmq.message.keys': typeof keys === 'string' ? [keys] : keys && [...keys],
    'messaging.rocketmq.message.delay_time_level': delayLevel,
  }
}

export function consumeAttributes({ group, message }: ConsumeEvent): Attributes {
  return {
    'messaging.system': 'rocketmq',
    'messaging.operation.type': 'process',
    'messaging.operation.name': 'process',
    'messaging.destination.name': message.topic,
    'messaging.destination.partition.id': String(message.queue.queueId),
    'messaging.consumer.group.name': group,
    'messaging.message.id': message.msgId,
    'messaging.rocketmq.message.tag': message.tags,
    'messaging.rocketmq.message.keys': message.keys,
  }
}
