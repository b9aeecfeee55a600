import type { GetResult } from '@mq/store'
import type { BrokerState } from './broker-state.js'

/** Log lines of one start. */
const linesMax = 20

/** Is an offset behind the last message of a queue that has some? Queues that were never written have no end to be beyond of. */
export function isBeyondEnd(broker: BrokerState, topic: string, queueId: number, offset: number): boolean {
  const end = broker.store.maxOffset(topic, queueId)
  return end > 0 && offset > end
}

/**
 * Consumers can have come further than a queue reaches when a crash has taken the end of the log that they had read already
 * (ASYNC_FLUSH). Their offsets are moved back before anything new is appended, so that they miss nothing of that.
 */
export function cutBackOffsets({ topics, offsets, store, logger }: BrokerState): void {
  const endOf = (topic: string, queueId: number) =>
    topics.get(topic) === undefined ? undefined : store.maxOffset(topic, queueId)
  const cuts = offsets.cutBack(endOf)
  for (const { group, topic, queueId, offset, end } of cuts.slice(0, linesMax)) {
    logger.warn(
      { group, topic, queueId, offset, end },
      `consumer group ${group} had come to offset ${offset} of ${topic} queue ${queueId}, which ends at ${end} since messages were lost: it goes on there`,
    )
  }
  if (cuts.length > linesMax) logger.warn({}, `${cuts.length - linesMax} further offsets were moved back`)
}

/**
 * Where a consumer goes on that asked for an offset beyond the end: where its group is known to have come to, else at the end,
 * as in 5.x. 4.7.1 sends it to the beginning of a queue whose first message is still there.
 */
export function offsetBehindEnd(
  broker: BrokerState,
  {
    topic,
    queueId,
    consumerGroup,
    queueOffset,
  }: { topic: string; queueId: number; consumerGroup: string; queueOffset: number },
  { minOffset, maxOffset }: GetResult,
): number {
  const committed = broker.offsets.get(topic, consumerGroup, queueId)
  const isInside = committed !== undefined && committed >= minOffset && committed <= maxOffset
  const next = isInside ? committed : maxOffset
  broker.logger.warn(
    { group: consumerGroup, topic, queueId, offset: queueOffset, next },
    `consumer group ${consumerGroup} asked for offset ${queueOffset} of ${topic} queue ${queueId}, which ends at ${maxOffset}: it goes on at ${next}`,
  )
  return next
}
