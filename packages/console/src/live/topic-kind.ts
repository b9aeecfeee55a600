import { isDlqTopic, isRetryTopic, isSystemTopic } from '@mq/protocol'
import type { TopicKind } from '../api-types.js'
import type { BrokerPlace } from '../cluster-source.js'

/** Tells topics people made from those that clusters make for themselves (`TopicConfigManager`, 4.7.1). */
export function topicKinds(brokers: readonly BrokerPlace[]): (topic: string) => TopicKind {
  const own = new Set(brokers.flatMap(({ cluster, brokerName }) => [cluster, brokerName, `${cluster}_REPLY_TOPIC`]))
  return (topic) => {
    if (isRetryTopic(topic)) return 'retry'
    if (isDlqTopic(topic)) return 'dlq'
    return isSystemTopic(topic) || own.has(topic) ? 'system' : 'normal'
  }
}
