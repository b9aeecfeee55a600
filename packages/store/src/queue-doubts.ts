import { recordQueueOffset, recordStoreTimestamp } from '@mq/protocol'
import type { Checkpoint } from './checkpoint.js'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'
import type { ConsumeQueues } from './consume-queues.js'

export interface QueueDoubtsOptions {
  log: CommitLog
  queues: ConsumeQueues
  checkpoint: Checkpoint
  /** The last process stopped in order. */
  clean: boolean
}

/** Up to and with the store time, also behind an IPv6 address. */
const recordHeadBytes = 76

/** Are the consume queues in the folder those of the log? */
export class QueueDoubts {
  constructor(private readonly options: QueueDoubtsOptions) {}

  /** A reason not to believe the consume queues that are there; undefined when there is none. */
  aboutQueues(): string | undefined {
    const { queues, checkpoint, clean } = this.options
    const { note } = checkpoint
    if (note && note.queueCount > countOf(queues)) return `${note.queueCount} were there, ${countOf(queues)} are left`
    if (note && clean && note.logEnd >= 0 && note.sumOfMaxOffsets > sumOfMaxOffsets(queues))
      return 'entries are missing'
    if (!clean) return undefined
    if (checkpoint.hasForgottenQueues) return 'an earlier start was broken off'
    return this.aboutEnds()
  }

  /** The same of the last entry of each. */
  aboutEnds(): string | undefined {
    for (const queue of this.options.queues.all()) {
      if (!this.#lastEntryFits(queue))
        return `the last entry of ${queue.topic} queue ${queue.queueId} leads to another record`
    }
    return undefined
  }

  #lastEntryFits(queue: ConsumeQueue): boolean {
    const { log } = this.options
    if (queue.maxOffset === 0 || queue.leadsBefore(log.min)) return true
    const { commitLogOffset, size } = queue.entryNow(queue.maxOffset - 1)
    const head = this.leadsToOwn(queue, queue.maxOffset - 1, commitLogOffset, size)
    if (!head) return false
    const unit = queue.lastUnit()
    return unit === 'none' || unit?.storeTimestamp === recordStoreTimestamp(head)
  }

  /** The head of the record an entry leads to, when it is the one of that queue and offset. */
  leadsToOwn(queue: ConsumeQueue, queueOffset: number, position: number, size: number): Buffer | undefined {
    const head = Buffer.alloc(recordHeadBytes)
    if (position < 0 || this.options.log.files.readNow(head, position) < head.length) return undefined
    const isOfEntry = head.readInt32BE(0) === size && head.readInt32BE(12) === queue.queueId
    return isOfEntry && recordQueueOffset(head) === queueOffset ? head : undefined
  }

  /** Does an entry lead to its own record in front of `end`, once one bit of its position is what it was? */
  isFlipped(queue: ConsumeQueue, queueOffset: number, position: number, size: number, end: number): boolean {
    const { log } = this.options
    const before = queueOffset > queue.firstOffset ? queue.entryNow(queueOffset - 1).commitLogOffset : -1
    for (let bit = 1; bit <= Number.MAX_SAFE_INTEGER; bit *= 2) {
      const flipped = Math.floor(position / bit) % 2 === 1 ? position - bit : position + bit
      const isPossible = flipped >= log.min && flipped > before && flipped < end
      if (isPossible && this.leadsToOwn(queue, queueOffset, flipped, size)) return true
    }
    return false
  }
}

const countOf = (queues: ConsumeQueues): number => [...queues.all()].filter((queue) => queue.maxOffset > 0).length

function sumOfMaxOffsets(queues: ConsumeQueues): number {
  let sum = 0
  for (const queue of queues.all()) sum += queue.maxOffset
  return sum
}

/** What the checkpoint keeps of the queues. */
export const queueNoteOf = (queues: ConsumeQueues, logEnd: number) => ({
  queueCount: countOf(queues),
  logEnd,
  sumOfMaxOffsets: sumOfMaxOffsets(queues),
})
