import type { Disk } from '@mq/io'
import {
  entryBytes,
  entryOffset,
  entrySize,
  extPosition,
  fillers,
  isBlank,
  isEntry,
  isExtended,
} from './consume-queue-entry.js'
import { ConsumeQueueExt } from './consume-queue-ext.js'
import { type EntrySource, firstLeadingTo, leadsBefore, searchEntries } from './entry-search.js'
import { EntryTail } from './entry-tail.js'
import { FileSequence } from './file-sequence.js'
import type { OpenFiles } from './open-files.js'
import type { ExtUnit } from './ext-unit.js'
import type { HeldPages, Misses, PageCache, PageSource } from './page-cache.js'
import { placeToCut, type QueueCut } from './queue-cut.js'

export interface ConsumeQueueSetting {
  disk: Disk
  openFiles: OpenFiles
  pages: PageCache
  /** Folder of all queues. */
  directory: string
  fileBytes: number
  /** Extension files, where they are kept (`enableConsumeQueueExt`). */
  ext?: { directory: string; fileBytes: number }
}

/** Entries of the first read of a queue, and how many of them stay in memory. */
const shortRead = Buffer.alloc(204 * entryBytes)
const keptAtLoad = 8
/** However many messages were lost, the memory for entries in their place is bounded. */
const fillersAtATime = 8192

/**
 * One queue of a topic: for each message where its record lies in the commit log. The newest entries are in memory and are
 * written in batches; everything here can be made anew from the log.
 */
export class ConsumeQueue implements PageSource, EntrySource {
  readonly id: number
  readonly pageBytes = 800 * entryBytes
  readonly files: FileSequence
  readonly topicBytes: number
  /** What entries lead to in place of their tags; undefined when they have them themselves. */
  readonly ext: ConsumeQueueExt | undefined
  /** The offset the next message appended gets. */
  nextOffset = 0
  /** Messages before this one can be read. */
  maxOffset = 0
  /** Entries before this one are in the files. */
  writtenOffset = 0
  /** Waits for the regular writing. */
  isDirty = false
  /** Has been deleted; what is still under way for it is let go of. */
  isDropped = false
  #tail = new EntryTail(0)
  /** Where the first entry close behind the end leads: there is one when those between were not written, or became zero. Else Infinity. */
  #leadsBehindEnd = Infinity
  #min = 0
  #minIsFor = -1

  constructor(
    readonly topic: string,
    readonly queueId: number,
    private readonly setting: ConsumeQueueSetting,
  ) {
    const { disk, openFiles, pages, directory, fileBytes, ext } = setting
    this.id = pages.newSourceId()
    this.ext = ext && new ConsumeQueueExt({ ...setting, ...ext, directory: `${ext.directory}/${topic}/${queueId}` })
    this.topicBytes = Buffer.byteLength(topic)
    this.files = new FileSequence(disk, openFiles, `${directory}/${topic}/${queueId}`, fileBytes)
  }

  /** Finds the files and the end of the queue. False when there are no files. */
  load(repair: boolean): boolean {
    this.files.load(repair, 'mappedFileSizeConsumeQueue')
    const { last } = this.files
    if (last === undefined) return false
    this.ext?.load(repair)
    if (this.#loadShort(last)) return true
    const end = (last + this.files.fileBytes) / entryBytes
    this.#setEnd(searchEntries(this, last / entryBytes, end, isBlank))
    this.#keepLast()
    return true
  }

  /** The last entries stay in memory for those who look at the queue while the store starts. */
  #keepLast(): void {
    const from = Math.max(this.files.last! / entryBytes, this.maxOffset - keptAtLoad)
    const bytes = this.entriesNow(from, Buffer.alloc(shortRead.length))
    const kept = (this.maxOffset - from) * entryBytes
    this.#tail = EntryTail.of(from, bytes.subarray(0, kept))
    this.#lookBehindEnd(bytes.subarray(kept))
  }

  #lookBehindEnd(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#leadsBehindEnd === Infinity; at += entryBytes)
      if (isEntry(bytes, at)) this.#leadsBehindEnd = entryOffset(bytes, at)
  }

  /**
   * Most of many queues are short: the end and the last entries are found by one read. False when the last file has more than that.
   */
  #loadShort(lastFile: number): boolean {
    const bytes = shortRead.subarray(0, this.files.readNow(shortRead, lastFile))
    const count = bytes.length / entryBytes
    let used = 0
    while (used < count && !isBlank(bytes, used * entryBytes)) used++
    if (used === count) return false
    const end = lastFile / entryBytes + used
    this.#setEnd(end)
    const kept = Math.min(used, keptAtLoad)
    this.#tail = EntryTail.of(end - kept, bytes.subarray((used - kept) * entryBytes, used * entryBytes))
    this.#lookBehindEnd(bytes.subarray(used * entryBytes))
    return true
  }

  /** Makes a message readable: its entry is that of `maxOffset`. */
  publish(commitLogOffset: number, size: number, tagsCode: number, storeTimestamp: number): void {
    this.#tail.push(commitLogOffset, size, tagsCode, this.writtenOffset)
    if (this.ext) this.#tail.extendLast(this.ext.put(tagsCode, storeTimestamp))
    this.maxOffset++
  }

  /** Takes an entry that recovery found in the log; `nextOffset` follows. */
  restore(queueOffset: number, commitLogOffset: number, size: number, tagsCode: number, storeTimestamp: number): void {
    if (queueOffset < this.nextOffset) this.cut(queueOffset)
    if (queueOffset > this.nextOffset) this.#skipTo(queueOffset)
    this.publish(commitLogOffset, size, tagsCode, storeTimestamp)
    this.nextOffset = this.maxOffset
  }

  /** An empty queue starts there; in one that is not empty, what is missing cannot be read. */
  #skipTo(queueOffset: number): void {
    if (this.files.first === undefined && this.maxOffset === this.#tail.from) return this.#setEnd(queueOffset)
    this.writeOut()
    this.#fill(this.maxOffset, queueOffset)
    this.#setEnd(queueOffset)
  }

  /** Writes the entries the files do not have yet. Throws `IoError`, and may then be called again. */
  writeOut(): void {
    this.isDirty = false
    if (this.isDropped || this.writtenOffset === this.maxOffset) return
    const position = this.writtenOffset * entryBytes
    this.ext?.writeOut()
    if (this.files.first === undefined) this.#fillFront(position)
    this.files.write(this.#tail.slice(this.writtenOffset)!, position)
    this.writtenOffset = this.maxOffset
  }

  #fillFront(position: number): void {
    this.#fill(this.files.startOf(position) / entryBytes, position / entryBytes)
  }

  /** Writes entries that stand for nothing. */
  #fill(from: number, to: number): void {
    for (let offset = from; offset < to; offset += fillersAtATime)
      this.files.write(fillers(Math.min(fillersAtATime, to - offset)), offset * entryBytes)
  }

  /** Lets go of entries in memory that are in the files too. */
  forgetWritten(): void {
    this.#tail.dropBefore(this.writtenOffset)
    this.ext?.forgetWritten()
  }

  /** Has folders that are not on the disk yet, or may not be. */
  get isGrowing(): boolean {
    const isUnsure = (files: FileSequence) => files.first === undefined || files.hasUnsyncedNames
    return isUnsure(this.files) || (this.ext !== undefined && isUnsure(this.ext.files))
  }

  get hasUnsynced(): boolean {
    return this.files.hasUnsynced || this.ext?.files.hasUnsynced === true
  }

  /** Makes what is in the files last. Rejects with `IoError`; then never call it again. */
  async sync(): Promise<void> {
    await this.ext?.files.sync()
    await this.files.sync()
  }

  /**
   * Entries from a queue offset on, some or many, from memory or pages read before; undefined when the disk is needed:
   * what of it, is added to `misses`. Valid until the next append.
   */
  entriesFrom(queueOffset: number, held?: HeldPages, misses?: Misses): Buffer | undefined {
    const inMemory = this.#tail.slice(queueOffset)
    if (inMemory) return inMemory
    const position = queueOffset * entryBytes
    const page = Math.floor(position / this.pageBytes)
    const bytes = this.setting.pages.page(this, page, held)
    const at = position - page * this.pageBytes
    if (bytes && at + entryBytes <= bytes.length) return bytes.subarray(at) as Buffer
    misses?.add(this, position, position + entryBytes)
    return undefined
  }

  /** Does an entry come from memory, where only what this process appended or read from the log is? */
  isInMemory(queueOffset: number): boolean {
    return this.#tail.has(queueOffset)
  }

  /** Where an entry lies, for who tells of it. */
  placeOf(queueOffset: number): string {
    const position = queueOffset * entryBytes
    const start = this.files.startOf(position)
    return `${this.files.pathOf(start)} at byte ${position - start}`
  }

  /** First offset that can be read while the log starts at `logMin` (`correctMinOffset`). */
  minOffset(logMin: number): number {
    if (this.#minIsFor !== logMin) {
      this.#min = firstLeadingTo(this, logMin)
      this.#minIsFor = logMin
    }
    return this.#min
  }

  /** First offset there is an entry for, whether it leads to anything or not. */
  get firstOffset(): number {
    return this.files.first === undefined ? this.#tail.from : this.files.first / entryBytes
  }

  /** Do all entries lead in front of a position of the log? Mostly needs no disk while the store starts. */
  leadsBefore(position: number): boolean {
    return leadsBefore(this, position)
  }

  /**
   * Drops entries that lead to `logEnd` or beyond, and what a stop without notice may have left behind them. 'spoilt', and nothing is
   * dropped, when something there is no entry that may be dropped.
   */
  cutAtLog(cut: Omit<QueueCut, 'fileBytes'>): 'cut' | 'spoilt' {
    const place = placeToCut(this, { ...cut, fileBytes: this.files.fileBytes })
    if (place === undefined || this.#leadsBehindEnd < cut.logEnd) return 'spoilt'
    if (place < this.maxOffset || !cut.isClean) this.cut(place)
    else this.#endExt(false)
    return 'cut'
  }

  /** The extension files end with the unit of the last entry. */
  #endExt(cuts: boolean): void {
    if (!this.ext) return
    const isEmpty = this.maxOffset <= this.firstOffset
    this.ext.endWith(isEmpty ? undefined : this.#entryNow(this.maxOffset - 1), cuts)
  }

  /** What the last entry leads to in place of its tags: `none` when it has them itself, undefined when it leads to nothing. */
  lastUnit(): ExtUnit | 'none' | undefined {
    const last = this.#entryNow(this.maxOffset - 1)
    return isExtended(last, 0) ? this.ext?.unitNow(extPosition(last, 0)) : 'none'
  }

  /** Drops the entries from a queue offset on. */
  cut(queueOffset: number): void {
    const inTail = queueOffset - this.#tail.from
    if (inTail >= 0 && inTail <= this.#tail.count) this.#tail.count = inTail
    else this.#tail = new EntryTail(queueOffset)
    this.files.cut(queueOffset * entryBytes)
    this.#leadsBehindEnd = Infinity
    this.writtenOffset = Math.min(this.writtenOffset, queueOffset)
    this.maxOffset = this.nextOffset = queueOffset
    this.#minIsFor = -1
    this.#endExt(true)
  }

  /** Removes files in front whose messages are all gone from the log; never the last. */
  removeFilesBefore(logMin: number): void {
    while (this.files.starts.length > 1) {
      const lastOfFirst = (this.files.first! + this.files.fileBytes) / entryBytes - 1
      if (this.entryNow(lastOfFirst).commitLogOffset >= logMin) break
      this.files.remove(this.files.first!)
    }
    this.ext?.removeFilesBefore(this.#entryNow(this.minOffset(logMin)))
  }

  /** One entry, waiting for the disk. For rare questions. */
  entryNow(queueOffset: number): { commitLogOffset: number; size: number } {
    const bytes = this.#entryNow(queueOffset)
    return { commitLogOffset: entryOffset(bytes, 0), size: entrySize(bytes, 0) }
  }

  #entryNow(queueOffset: number): Buffer {
    return this.entriesNow(queueOffset, Buffer.alloc(entryBytes))
  }

  /** Entries from a queue offset on, waiting for the disk: as many as `target` holds, or all that follow when they are in memory. */
  entriesNow(queueOffset: number, target: Buffer): Buffer {
    const inMemory = this.#tail.slice(queueOffset)
    if (inMemory) return inMemory
    target.fill(0)
    this.files.readNow(target, queueOffset * entryBytes)
    // The files do not have all of them yet.
    this.#tail.copyTo(target, queueOffset)
    return target
  }

  #setEnd(queueOffset: number): void {
    this.nextOffset = this.maxOffset = this.writtenOffset = queueOffset
    this.#tail = new EntryTail(queueOffset)
    this.#minIsFor = -1
  }

  drop(): void {
    this.isDropped = true
    this.files.removeAll()
    this.ext?.files.removeAll()
  }

  readableTo(): number {
    return this.writtenOffset * entryBytes
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.files.read(target, position)
  }
}
