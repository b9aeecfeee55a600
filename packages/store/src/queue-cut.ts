import { entryBytes, entryOffset, entrySize, isBlank, isEntry, isFiller, isTorn } from './consume-queue-entry.js'
import { type EntrySource, firstEntry, firstLeadingTo, lastEntry } from './entry-search.js'
import type { PlacedEntry } from './own-record.js'

export interface QueueCut {
  /** Entries that lead there or beyond are to be dropped. */
  logEnd: number
  /** The last process stopped in order: then it left no entries half written. */
  isClean: boolean
  /** Bytes in a file of the queue. */
  fileBytes: number
  /** May that entry be dropped: does its message come again, or went it with the end of the log? */
  mayDrop(entry: PlacedEntry): boolean
}

/**
 * Where a queue is to be cut at a start: its `maxOffset` when all of it stays, undefined when something in it is spoilt, so that nobody knows what
 * would be dropped. The last entry is asked first: when it leads to what stays of the log, nothing in front of it is to go, whatever it looks like.
 */
export function placeToCut(source: EntrySource, cut: QueueCut): number | undefined {
  const last = lastEntry(source, source.maxOffset, isEntry)
  const isBehind = last !== undefined && positionOf(source, last) >= cut.logEnd
  const from = isBehind ? firstLeadingTo(source, cut.logEnd) : (last ?? source.firstOffset - 1) + 1
  const place = firstEntry(source, from, (bytes, at) => !isFiller(bytes, at))
  return mayCutAt(source, place, cut) ? place : undefined
}

const positionOf = (source: EntrySource, queueOffset: number): number =>
  entryOffset(source.entriesNow(queueOffset, Buffer.alloc(entryBytes)), 0)

/** Up to the first real entry, may what is there be dropped? */
function mayCutAt(source: EntrySource, place: number, { isClean, fileBytes, mayDrop }: QueueCut): boolean {
  let may = true
  firstEntry(source, place, (bytes, at, queueOffset) => {
    if (isEntry(bytes, at)) may = mayDrop({ queueOffset, position: entryOffset(bytes, at), size: entrySize(bytes, at) })
    else may = !isClean && (isBlank(bytes, at) || isTorn(bytes, at, (queueOffset * entryBytes) % fileBytes))
    return !may || isEntry(bytes, at)
  })
  return may
}
