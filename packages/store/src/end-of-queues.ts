import { recordStoreTimestamp } from '@mq/protocol'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'
import type { ConsumeQueues } from './consume-queues.js'
import type { DamageList } from './damage-list.js'
import { headAt, isOwn, recordSize } from './own-record.js'

/** What the last entries of all queues lead to. */
export interface EndOfQueues {
  /** The end of the last record of the log that one of them leads to; 0 when none does. */
  logEnd: number
  /** The first queue whose last entry leads to another record than its own; undefined when there is none. */
  wrong: ConsumeQueue | undefined
}

/** Reads one record of each queue. Queues whose messages are all gone from the log lead nowhere; what is damaged in the log makes no queue wrong. */
export function endOfQueues(log: CommitLog, queues: ConsumeQueues, damages?: DamageList): EndOfQueues {
  const end: EndOfQueues = { logEnd: 0, wrong: undefined }
  for (const queue of queues.all()) {
    if (queue.maxOffset === 0 || queue.leadsBefore(log.min)) continue
    const { commitLogOffset, size } = queue.entryNow(queue.maxOffset - 1)
    const head = headAt(log, commitLogOffset)
    if (head && recordSize(head) === size) end.logEnd = Math.max(end.logEnd, commitLogOffset + size)
    if (damages?.endOfDamageAt(commitLogOffset) !== undefined) continue
    if (!head || !isOwn(head, queue, queue.maxOffset - 1, size) || !unitFits(queue, head)) end.wrong ??= queue
  }
  return end
}

function unitFits(queue: ConsumeQueue, head: Buffer): boolean {
  const unit = queue.lastUnit()
  return unit === 'none' || unit?.storeTimestamp === recordStoreTimestamp(head)
}
