import { recordQueueOffset } from '@mq/protocol'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'

/** Up to and with the store time, also behind an IPv6 address. */
const recordHeadBytes = 76

/** The head of what lies at a position of the log, as it is on the disk; undefined when there is nothing. */
export function headAt({ files }: CommitLog, position: number): Buffer | undefined {
  const head = Buffer.alloc(recordHeadBytes)
  return position < 0 || files.readNow(head, position) < head.length ? undefined : head
}

export const recordSize = (head: Buffer): number => head.readInt32BE(0)

/** Is it the record that an entry of that queue and offset, and of its size, should lead to? */
export const isOwn = (head: Buffer, queue: ConsumeQueue, queueOffset: number, size: number): boolean =>
  recordSize(head) === size && head.readInt32BE(12) === queue.queueId && recordQueueOffset(head) === queueOffset

/** An entry of a consume queue. */
export interface PlacedEntry {
  queueOffset: number
  /** Where its record lies in the commit log. */
  position: number
  size: number
}

/** Does an entry lead to its own record? */
export function leadsToOwn(log: CommitLog, queue: ConsumeQueue, { queueOffset, position, size }: PlacedEntry): boolean {
  const head = headAt(log, position)
  return head !== undefined && isOwn(head, queue, queueOffset, size)
}

/** Does an entry lead to its own record in front of `end`, once one bit of its position is what it was? */
export function isFlipped(log: CommitLog, queue: ConsumeQueue, entry: PlacedEntry, end: number): boolean {
  const { queueOffset, position } = entry
  const before = queueOffset > queue.firstOffset ? queue.entryNow(queueOffset - 1).commitLogOffset : -1
  for (let bit = 1; bit <= Number.MAX_SAFE_INTEGER; bit *= 2) {
    const flipped = Math.floor(position / bit) % 2 === 1 ? position - bit : position + bit
    const isPossible = flipped >= log.min && flipped > before && flipped < end
    if (isPossible && leadsToOwn(log, queue, { ...entry, position: flipped })) return true
  }
  return false
}
