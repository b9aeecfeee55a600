import { entryBytes, writeEntry, writeExtPosition } from './consume-queue-entry.js'

/** A busy queue keeps at most this many written entries in memory, once they are on the disk. */
const keptMax = 2048
const capacityMin = 8

/** The newest entries of a consume queue, in memory, in the form they have on the disk. */
export class EntryTail {
  bytes: Buffer
  /** Queue offset of the first entry. */
  from: number
  count = 0

  constructor(from: number) {
    this.from = from
    this.bytes = emptyBytes
  }

  /** Entries that are in the files, from a queue offset on. */
  static of(from: number, entries: Uint8Array): EntryTail {
    const tail = new EntryTail(from)
    if (entries.length > 0) tail.bytes = Buffer.from(entries)
    tail.count = entries.length / entryBytes
    return tail
  }

  /** Adds the entry with queue offset `from + count`. `unwrittenFrom`: the first that the disk does not have yet. */
  push(commitLogOffset: number, size: number, tagsCode: number, unwrittenFrom: number): void {
    if (this.count * entryBytes === this.bytes.length) this.#makeRoom(unwrittenFrom)
    writeEntry(this.bytes, this.count * entryBytes, commitLogOffset, size, tagsCode)
    this.count++
  }

  /** Makes the entry pushed last an extended one. */
  extendLast(extPosition: number): void {
    writeExtPosition(this.bytes, (this.count - 1) * entryBytes, extPosition)
  }

  has(queueOffset: number): boolean {
    return queueOffset >= this.from && queueOffset < this.from + this.count
  }

  /** Entries from a queue offset on, as bytes; undefined when the first is not in memory. Valid until the next `push`. */
  slice(queueOffset: number): Buffer | undefined {
    const skip = queueOffset - this.from
    if (skip < 0 || skip >= this.count) return undefined
    return this.bytes.subarray(skip * entryBytes, this.count * entryBytes)
  }

  /** Puts those of its entries in their place that belong to a row of entries which begins in front of them. */
  copyTo(target: Buffer, queueOffset: number): void {
    const at = (this.from - queueOffset) * entryBytes
    if (at >= 0 && at < target.length) this.bytes.copy(target, at, 0, this.count * entryBytes)
  }

  /** Lets go of everything before a queue offset. */
  dropBefore(queueOffset: number): void {
    const drop = Math.min(this.count, Math.max(0, queueOffset - this.from))
    if (drop === 0) return
    this.bytes.copyWithin(0, drop * entryBytes, this.count * entryBytes)
    this.from += drop
    this.count -= drop
    if (this.count === 0) this.bytes = emptyBytes
  }

  #makeRoom(unwrittenFrom: number): void {
    const written = Math.max(0, unwrittenFrom - this.from)
    if (written > keptMax / 2) this.dropBefore(this.from + Math.max(1, written - keptMax / 2))
    if (this.count * entryBytes <= this.bytes.length / 2 && this.bytes.length > 0) return
    const bytes = Buffer.allocUnsafeSlow(Math.max(capacityMin * entryBytes, 2 * this.bytes.length))
    bytes.set(this.bytes.subarray(0, this.count * entryBytes))
    this.bytes = bytes
  }
}

const emptyBytes = Buffer.alloc(0)
