import { entryBytes, entryOffset, isEntry } from './consume-queue-entry.js'

/** The entries of a consume queue, for questions that wait for the disk. */
export interface EntrySource {
  /** First offset there is an entry for, whether it leads to anything or not. */
  readonly firstOffset: number
  readonly maxOffset: number
  /** Entries from a queue offset on: as many as `target` holds, or all that follow when they are in memory. */
  entriesNow(queueOffset: number, target: Buffer): Buffer
}

/** Whether the entry at `at` meets a condition. */
export type EntryTest = (bytes: Buffer, at: number, queueOffset: number) => boolean

const entriesAtATime = 800

/** First offset in [low, high) whose entry meets a condition that, once met, stays met; `high` when none does. */
export function searchEntries(source: EntrySource, low: number, high: number, holds: EntryTest): number {
  const scratch = Buffer.alloc(entryBytes)
  while (high - low > entriesAtATime) {
    const middle = Math.floor((low + high) / 2)
    if (holds(source.entriesNow(middle, scratch), 0, middle)) high = middle
    else low = middle + 1
  }
  return low < high ? searchPage(source, low, high, holds) : low
}

/** Many entries are read as fast as one. */
function searchPage(source: EntrySource, from: number, to: number, holds: EntryTest): number {
  const entries = source.entriesNow(from, Buffer.allocUnsafe((to - from) * entryBytes))
  let low = from
  for (let high = to; low < high;) {
    const middle = Math.floor((low + high) / 2)
    if (holds(entries, (middle - from) * entryBytes, middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** First offset from `from` on whose entry meets a condition; `maxOffset` when none does. */
export function firstEntry(source: EntrySource, from: number, holds: EntryTest): number {
  const { maxOffset } = source
  let scratch = Buffer.alloc(entryBytes)
  for (let offset = from; offset < maxOffset;) {
    const entries = source.entriesNow(offset, scratch.subarray(0, (maxOffset - offset) * entryBytes))
    for (let at = 0; at + entryBytes <= entries.length && offset < maxOffset; at += entryBytes, offset++)
      if (holds(entries, at, offset)) return offset
    // Mostly it is the first.
    if (scratch.length === entryBytes) scratch = Buffer.alloc(entriesAtATime * entryBytes)
  }
  return maxOffset
}

/** Last offset before `to` whose entry meets a condition; undefined when none does. */
export function lastEntry(source: EntrySource, to: number, holds: EntryTest): number | undefined {
  let scratch = Buffer.alloc(entryBytes)
  for (let end = to; end > source.firstOffset;) {
    const from = Math.max(source.firstOffset, end - scratch.length / entryBytes)
    const entries = source.entriesNow(from, scratch.subarray(0, (end - from) * entryBytes))
    for (let offset = end - 1; offset >= from; offset--)
      if (holds(entries, (offset - from) * entryBytes, offset)) return offset
    end = from
    if (scratch.length === entryBytes) scratch = Buffer.alloc(entriesAtATime * entryBytes)
  }
  return undefined
}

/** First offset from which on the entries lead to `position` or beyond; `maxOffset` when none does. What leads nowhere is passed over. */
export const firstLeadingTo = (source: EntrySource, position: number): number =>
  searchEntries(source, source.firstOffset, source.maxOffset, (bytes, at, offset) => {
    if (isEntry(bytes, at)) return entryOffset(bytes, at) >= position
    let leads = false
    firstEntry(source, offset, (entries, place) => {
      if (!isEntry(entries, place)) return false
      leads = entryOffset(entries, place) >= position
      return true
    })
    return leads
  })

/**
 * Do all entries lead in front of `position`? The last two tell, which are in memory while the store starts: one alone may have been
 * spoilt.
 */
export function leadsBefore(source: EntrySource, position: number): boolean {
  let end = source.maxOffset
  for (let looked = 0; looked < 2; looked++) {
    let isBefore = true
    const offset = lastEntry(source, end, (bytes, at) => {
      if (!isEntry(bytes, at)) return false
      isBefore = entryOffset(bytes, at) < position
      return true
    })
    if (!isBefore) return false
    if (offset === undefined) break
    end = offset
  }
  return true
}
