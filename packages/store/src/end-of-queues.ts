import type { CommitLog } from './commit-log.js'
import type { ConsumeQueues } from './consume-queues.js'

/** The end of the last record of the log that a consume queue leads to; 0 when none does. */
export function endOfQueues(log: CommitLog, queues: ConsumeQueues): number {
  let end = 0
  const head = Buffer.alloc(4)
  for (const queue of queues.all()) {
    if (queue.maxOffset === 0) continue
    const { commitLogOffset, size } = queue.entryNow(queue.maxOffset - 1)
    if (log.files.readNow(head, commitLogOffset) === 4 && head.readInt32BE() === size)
      end = Math.max(end, commitLogOffset + size)
  }
  return end
}
