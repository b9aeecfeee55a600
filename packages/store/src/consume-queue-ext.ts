import type { Disk } from '@mq/io'
import { extPosition, isExtended } from './consume-queue-entry.js'
import {
  extEndBytes,
  extTagsCode,
  type ExtUnit,
  extUnitBytes,
  extUnitSize,
  isExtUnit,
  readExtUnit,
  writeExtEnd,
  writeExtUnit,
} from './ext-unit.js'
import { FileSequence } from './file-sequence.js'
import type { OpenFiles } from './open-files.js'
import type { HeldPages, Misses, PageCache, PageSource } from './page-cache.js'

export interface ConsumeQueueExtSetting {
  disk: Disk
  openFiles: OpenFiles
  pages: PageCache
  /** Folder of the queue's extension files. */
  directory: string
  fileBytes: number
}

/** Written units that may stay in memory, bytes. */
const keptMax = 1024 * extUnitBytes
const capacityMin = 8 * extUnitBytes
const chunkBytes = 1 << 20

/**
 * What the entries of one consume queue have no place for, in files of its own (`ConsumeQueueExt`, 4.7.1): a unit for each, to which the entry
 * leads in place of its tags. The newest units are in memory, and are written before the entries that lead to them.
 */
export class ConsumeQueueExt implements PageSource {
  readonly id: number
  readonly pageBytes = 800 * extUnitBytes
  readonly files: FileSequence
  /** The unit that the last entry leads to is not there. */
  lacksUnits = false
  /** Units from `#tailFrom` to `#end`. */
  #tail = Buffer.alloc(0)
  #tailFrom = 0
  #written = 0
  #end = 0

  constructor(private readonly setting: ConsumeQueueExtSetting) {
    const { disk, openFiles, pages, directory, fileBytes } = setting
    this.id = pages.newSourceId()
    this.files = new FileSequence(disk, openFiles, directory, fileBytes)
  }

  /** Finds the files; where their units end, the queue says. */
  load(repair: boolean): void {
    this.files.load(repair, 'mappedFileSizeConsumeQueueExt')
  }

  /** Adds a unit. Returns its position. */
  put(tagsCode: number, storeTimestamp: number): number {
    const rest = this.files.fileBytes - (this.#end % this.files.fileBytes)
    if (rest < extUnitBytes + extEndBytes) {
      const from = this.#take(rest)
      writeExtEnd(this.#tail, from, from + rest)
    }
    const at = this.#take(extUnitBytes)
    writeExtUnit(this.#tail, at, tagsCode, storeTimestamp)
    return this.#tailFrom + at
  }

  /** Makes room in memory; returns where it is. */
  #take(count: number): number {
    if (this.#end + count - this.#tailFrom > this.#tail.length) this.#makeRoom(count)
    const at = this.#end - this.#tailFrom
    this.#end += count
    return at
  }

  #makeRoom(count: number): void {
    this.#dropBefore(this.#written - keptMax)
    const used = this.#end - this.#tailFrom
    if (used + count <= this.#tail.length / 2) return
    const bytes = Buffer.alloc(Math.max(capacityMin, 2 * this.#tail.length))
    this.#tail.copy(bytes, 0, 0, used)
    this.#tail = bytes
  }

  #dropBefore(position: number): void {
    if (position <= this.#tailFrom) return
    this.#tail.copyWithin(0, position - this.#tailFrom, this.#end - this.#tailFrom)
    this.#tailFrom = position
    if (position === this.#end) this.#tail = Buffer.alloc(0)
  }

  /** Lets go of units in memory that are in the files too. */
  forgetWritten(): void {
    this.#dropBefore(this.#written)
  }

  /** Writes the units the files do not have yet. Throws `IoError`, and may then be called again. */
  writeOut(): void {
    if (this.#written === this.#end) return
    // The queue was made anew: files of one that was there before may have been left.
    if (this.files.first === undefined) this.files.removeAll()
    this.files.write(this.#tail.subarray(this.#written - this.#tailFrom, this.#end - this.#tailFrom), this.#written)
    this.#written = this.#end
  }

  /** The tags code of a unit; `gone` when there is no unit, `awaited` when the disk is needed: what of it, is added to `misses`. */
  tagsCodeAt(position: number, held: HeldPages | undefined, misses: Misses): number | 'gone' | 'awaited' {
    if (position + extUnitBytes > this.#end) return 'gone'
    if (position >= this.#tailFrom) return tagsCodeIn(this.#tail, position - this.#tailFrom)
    if (!this.files.has(this.files.startOf(position))) return 'gone'
    const bytes = this.setting.pages.slice(this, position, extUnitBytes, held)
    if (bytes) return tagsCodeIn(bytes as Buffer, 0)
    misses.add(this, position, position + extUnitBytes)
    return 'awaited'
  }

  /** The unit at a position, waiting for the disk; undefined when there is none. For rare questions. */
  unitNow(position: number): ExtUnit | undefined {
    if (position >= this.#tailFrom && position + extUnitBytes <= this.#end)
      return readExtUnit(this.#tail, position - this.#tailFrom)
    const bytes = Buffer.alloc(extUnitBytes)
    const fileEnd = this.files.startOf(position) + this.files.fileBytes
    if (position + extUnitBytes > fileEnd || this.files.readNow(bytes, position) < extUnitBytes) return undefined
    return readExtUnit(bytes, 0)
  }

  /**
   * Goes on behind the unit of the queue's last entry, dropping what follows when `cuts`; behind all units there are when that entry has its
   * tags itself. Without an entry all units go.
   */
  endWith(last: Buffer | undefined, cuts: boolean): void {
    if (!last) return this.#endAt(this.files.first ?? 0, true)
    if (!isExtended(last, 0)) return this.#endAt(this.#endOfUnits(), false)
    const position = extPosition(last, 0)
    const unit = this.unitNow(position)
    this.lacksUnits = unit === undefined
    this.#endAt(unit ? position + unit.size : this.#endOfUnits(), cuts)
  }

  #endAt(position: number, cuts: boolean): void {
    if (cuts && this.files.first !== undefined) this.files.cut(position)
    if (position < this.#tailFrom || position > this.#end) this.#tailFrom = this.#written = position
    this.#written = Math.min(this.#written, position)
    this.#end = position
  }

  /** Where the last unit of the last file ends; 0 without files. */
  #endOfUnits(): number {
    const { last, fileBytes } = this.files
    if (last === undefined) return 0
    const chunk = Buffer.alloc(Math.min(chunkBytes, fileBytes))
    for (let from = last; ;) {
      const got = chunk.subarray(0, this.files.readNow(chunk, from))
      const used = unitsIn(got)
      from += used
      if (used === 0 || used + 2 <= got.length) return from
    }
  }

  /** Removes files whose units all lie in front of that of an entry, if it has one; never the last. */
  removeFilesBefore(entry: Buffer): void {
    if (!isExtended(entry, 0)) return
    const { files } = this
    const position = extPosition(entry, 0)
    while (files.starts.length > 1 && files.first! + files.fileBytes <= position) files.remove(files.first!)
  }

  readableTo(): number {
    return this.#written
  }

  /** What is missing of the files reads as no units: who waits for tags must not wait for ever. */
  async read(target: Uint8Array, position: number): Promise<number> {
    target.fill(0, await this.files.read(target, position))
    return target.length
  }
}

const tagsCodeIn = (bytes: Buffer, at: number): number | 'gone' =>
  isExtUnit(bytes, at) ? extTagsCode(bytes, at) : 'gone'

/** Bytes of the units at the start of `bytes`; the last may reach over its end. */
function unitsIn(bytes: Buffer): number {
  let at = 0
  while (at + 2 <= bytes.length && extUnitSize(bytes, at) > 0) at += extUnitSize(bytes, at)
  return at
}
