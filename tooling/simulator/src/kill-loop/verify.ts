import { PullConsumer } from '@mq/client'
import { idIn, type Load, topic } from './load.js'

export interface Verified {
  read: number
  /** Acknowledged messages that are not where their acknowledgement said. */
  lost: string[]
  /** Offsets that hold no message, or not one. */
  gaps: string[]
}

/** Reads all queues from the first to the last message. */
export async function verify(namesrv: string, load: Load): Promise<Verified> {
  const consumer = await new PullConsumer({
    namesrv,
    group: `KillLoop-${load.sent}-${load.failed}`,
    autoCommit: false,
  }).start()
  try {
    const queues = await consumer.topicQueues(topic)
    await consumer.assign(queues)
    for (const queue of queues) await consumer.seek(queue, 'first')
    const found = new Map<string, string>()
    const gaps: string[] = []
    const next = new Map<number, number>()
    for (;;) {
      const messages = await consumer.poll({ max: 1000, timeout: 2000 })
      if (messages.length === 0) break
      for (const { queue, queueOffset, body } of messages) {
        const expected = next.get(queue.queueId) ?? 0
        if (queueOffset !== expected) gaps.push(`queue ${queue.queueId}: ${queueOffset} after ${expected - 1}`)
        next.set(queue.queueId, queueOffset + 1)
        found.set(`${queue.queueId}/${queueOffset}`, idIn(body))
      }
    }
    const lost = [...load.acknowledged]
      .filter(([id, { queueId, offset }]) => found.get(`${queueId}/${offset}`) !== id)
      .map(([id, { queueId, offset }]) => `${id} of queue ${queueId} at ${offset}`)
    return { read: found.size, lost, gaps }
  } finally {
    await consumer.close()
  }
}
