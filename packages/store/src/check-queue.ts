import { checkTopicName } from '@mq/protocol'

const queueIdMax = 0x7fff_ffff

/** Why there can be no such queue, as a sentence; undefined when there can. Names may become folders, whoever calls. */
export function checkQueue(topic: string, queueId: number): string | undefined {
  const wrong = checkTopicName(topic)
  if (wrong !== undefined) return wrong
  return Number.isInteger(queueId) && queueId >= 0 && queueId <= queueIdMax ? undefined : `${queueId} is no queue id`
}
