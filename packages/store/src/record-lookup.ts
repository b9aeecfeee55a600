import {
  asBuffer,
  readInt64,
  recordField,
  recordLayout,
  RecordMagic,
  recordSize,
  recordStoreTimestamp,
} from '@mq/protocol'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'
import {
  entryBytes,
  entryOffset,
  entrySize,
  entryTagsCode,
  extPosition,
  isEntry,
  isExtended,
} from './consume-queue-entry.js'
import type { ConsumeQueueEntry } from './message-store.js'
import { offsetByTime } from './offset-by-time.js'
import { type HeldPages, Misses, type PageCache } from './page-cache.js'
import type { RecordGuard } from './record-guard.js'
import { isRecordRest, headBytesMax, recordRest } from './record-head.js'
import { tagsCodeOfMessage } from './tags-code.js'

/** Bytes of a record up to and with its store time, when its born host has an IPv6 address. No record has fewer. */
const headBytes = 76

/** An offset that somebody gives may lie anywhere: a record says itself where it begins. */
function isRecordHead(head: Uint8Array, position: number): boolean {
  const bytes = asBuffer(head)
  const magic = bytes.readInt32BE(4)
  return (
    (magic === RecordMagic.V1 || magic === RecordMagic.V2) && readInt64(bytes, recordField.commitLogOffset) === position
  )
}

/** Reads single entries and record heads, waiting for the disk where it must: for questions of admin tools and recovery. */
export class RecordLookup {
  constructor(
    private readonly log: CommitLog,
    private readonly pages: PageCache,
    private readonly guard: RecordGuard,
    private readonly delaysMs: readonly number[],
  ) {}

  async entries(queue: ConsumeQueue, from: number, count: number): Promise<ConsumeQueueEntry[]> {
    const found: ConsumeQueueEntry[] = []
    const extended: { entry: ConsumeQueueEntry; position: number }[] = []
    const held: HeldPages = new Map()
    const end = Math.min(queue.maxOffset, from + count)
    for (let offset = from; offset < end;) {
      const bytes = await this.#waitFor(held, (misses) => queue.entriesFrom(offset, held, misses))
      if (!bytes) break
      for (let at = 0; at < bytes.length && offset < end; at += entryBytes, offset++) {
        if (!isEntry(bytes, at)) continue
        const commitLogOffset = entryOffset(bytes, at)
        const entry = {
          queueOffset: offset,
          commitLogOffset,
          size: entrySize(bytes, at),
          tagsCode: entryTagsCode(bytes, at),
        }
        found.push(entry)
        if (isExtended(bytes, at)) extended.push({ entry, position: extPosition(bytes, at) })
      }
    }
    for (const { entry, position } of extended) entry.tagsCode = await this.#tagsCodeOf(queue, entry, position, held)
    return found
  }

  /** Of an extended entry; where its unit is gone, the record says the same. */
  async #tagsCodeOf(queue: ConsumeQueue, entry: ConsumeQueueEntry, position: number, held: HeldPages): Promise<number> {
    const code = await this.#waitFor(held, (misses) => {
      const found = queue.ext?.tagsCodeAt(position, held, misses)
      return found === 'awaited' ? undefined : found
    })
    if (typeof code === 'number') return code
    const record = await this.recordAt(entry.commitLogOffset, entry.commitLogOffset + entry.size)
    if (!record) return 0
    const { propertiesAt, propertiesSize } = recordLayout(record)
    const properties = record.subarray(propertiesAt, propertiesAt + propertiesSize)
    return tagsCodeOfMessage(queue.topic, properties, recordStoreTimestamp(record), this.delaysMs)
  }

  /** Bytes of the log, at most to where it ends; undefined when they are not there. */
  async #logBytes(position: number, length: number): Promise<Uint8Array | undefined> {
    if (position < this.log.min || position + length > this.log.written) return undefined
    const held: HeldPages = new Map()
    return this.#waitFor(held, (misses) => this.log.bytesAt(position, length, held, misses))
  }

  /** The record that begins at a position and ends by `end`; undefined when there is none, or it came damaged from the disk. */
  async recordAt(position: number, end: number): Promise<Uint8Array | undefined> {
    const head = position + headBytes <= end ? await this.#logBytes(position, headBytes) : undefined
    if (!head || !isRecordHead(head, position)) return undefined
    const size = recordSize(head)
    if (position + size > end || !this.log.mayHold(position, size)) return undefined
    if (this.log.isLong(size) && !(await this.#isLongRecord(position))) return undefined
    const isHot = this.log.hot(position) !== undefined
    const record = await this.#logBytes(position, size)
    return record && (isHot || this.guard.passes(record, position)) ? record : undefined
  }

  /** Bodies may hold what looks like a head: before much memory is taken, its end has to be there, too. */
  async #isLongRecord(position: number): Promise<boolean> {
    const head = await this.#logBytes(position, headBytesMax)
    const rest = head && recordRest(asBuffer(head))
    const bytes = rest && (await this.#logBytes(position + rest.at, rest.size))
    return bytes !== undefined && isRecordRest(asBuffer(bytes), asBuffer(head!).readInt32BE(4))
  }

  /** Store time of the record that begins at a position, ms; -1 when there is none. */
  async storeTimeOf(position: number): Promise<number> {
    const head = await this.#logBytes(position, headBytes)
    return head && isRecordHead(head, position) ? recordStoreTimestamp(head) : -1
  }

  async storeTimeAt(queue: ConsumeQueue, queueOffset: number): Promise<number> {
    if (queueOffset < queue.minOffset(this.log.min)) return -1
    const [entry] = await this.entries(queue, queueOffset, 1)
    return entry ? this.storeTimeOf(entry.commitLogOffset) : -1
  }

  async offsetByTime(queue: ConsumeQueue, timestampMs: number): Promise<number> {
    const min = queue.minOffset(this.log.min)
    return offsetByTime(min, queue.maxOffset, timestampMs, (queueOffset) => this.storeTimeAt(queue, queueOffset))
  }

  async #waitFor<T>(held: HeldPages, attempt: (misses: Misses) => T | undefined): Promise<T | undefined> {
    for (let round = 0; round < 3; round++) {
      const misses = new Misses()
      const found = attempt(misses)
      if (found !== undefined || misses.isEmpty) return found
      await this.pages.load(misses, held)
    }
    return undefined
  }
}
