import type { ReceivedMessage } from '@mq/client'
import type { ConsumerConnection } from '@mq/protocol'
import type { Admin } from './command.js'
import { sentenceOf } from './errors.js'
import { javaText } from './texts.js'

/** What became of a message in one consumer group (`MessageTrack`, 4.7.1). */
export interface MessageTrack {
  consumerGroup: string
  trackType: 'CONSUMED' | 'CONSUMED_BUT_FILTERED' | 'PULL' | 'NOT_CONSUME_YET' | 'NOT_ONLINE' | 'UNKNOWN'
  /** Why it is not known. */
  exceptionDesc: string | undefined
}

/** For each group that consumes the message's topic. */
export async function messageTracks(admin: Admin, message: ReceivedMessage): Promise<MessageTrack[]> {
  const groups = await admin.topicConsumers(message.topic)
  return Promise.all(groups.map((group) => trackOf(admin, group, message)))
}

async function trackOf(admin: Admin, consumerGroup: string, message: ReceivedMessage): Promise<MessageTrack> {
  const track = (trackType: MessageTrack['trackType'], exceptionDesc?: string): MessageTrack => ({
    consumerGroup,
    trackType,
    exceptionDesc,
  })
  const connection = await admin.examineConsumerConnection(consumerGroup).catch((error: unknown) => sentenceOf(error))
  if (typeof connection === 'string') return track('NOT_ONLINE', connection)
  if (connection.consumeType === 'CONSUME_ACTIVELY') return track('PULL')
  try {
    if (!(await isConsumed(admin, consumerGroup, message))) return track('NOT_CONSUME_YET')
    return track(isFiltered(connection, message) ? 'CONSUMED_BUT_FILTERED' : 'CONSUMED')
  } catch (error) {
    return track('UNKNOWN', sentenceOf(error))
  }
}

async function isConsumed(admin: Admin, group: string, { queue, queueOffset }: ReceivedMessage): Promise<boolean> {
  const { queues } = await admin.consumeStats(group, queue.topic)
  const progress = queues.find(
    (one) => one.queue.brokerName === queue.brokerName && one.queue.queueId === queue.queueId,
  )
  return progress !== undefined && progress.consumerOffset > queueOffset
}

function isFiltered({ subscriptionTable }: ConsumerConnection, message: ReceivedMessage): boolean {
  const subscription = subscriptionTable.get(message.topic)
  if (subscription === undefined || subscription.tagsSet.length === 0) return false
  return !subscription.tagsSet.includes(message.tags ?? '')
}

export const trackText = ({ consumerGroup, trackType, exceptionDesc }: MessageTrack): string =>
  javaText('MessageTrack', { consumerGroup, trackType, exceptionDesc })
