import { isRetryTopic, type MessageQueue } from '@mq/protocol'
import { maxOffset, searchOffset } from '../admin/offsets.js'
import type { AdminCalls } from '../admin/admin-calls.js'
import type { ConsumerSettings } from './consumer-options.js'

/** Where a group starts in a queue in which it has committed nothing (4.7.1 `RebalancePushImpl.computePullFromWhere`). */
export async function startOffset(
  calls: AdminCalls,
  queue: MessageQueue,
  consumeFrom: ConsumerSettings['consumeFrom'],
): Promise<number> {
  // Whatever is in the group's own retry topic was given back by it.
  if (isRetryTopic(queue.topic) || consumeFrom === 'first') return 0
  if (consumeFrom === 'last') return maxOffset(calls, queue)
  return searchOffset(calls, queue, consumeFrom.getTime())
}
