import type { Disk } from '@mq/io'
import { readInt64, writeInt64 } from '@mq/protocol'
import { StoreError } from './message-store.js'
import type { OpenFiles } from './open-files.js'

/*
 * Index file (`IndexFile`, 4.7.1):
 *   header, 40 bytes: beginTimestamp:i64 | endTimestamp:i64 | beginPhyOffset:i64 | endPhyOffset:i64 | hashSlotCount:i32 | indexCount:i32
 *   maxHashSlotNum slots: number of the newest entry with that slot:i32
 *   maxIndexNum entries, of which number 0 is never used: keyHash:i32 | phyOffset:i64 | timeDiff:i32 (s) | previous entry:i32
 */
const headerBytes = 40
const slotBytes = 4
const entryBytes = 20
/** Entries written in one go. */
const bufferedEntries = 4096
const chunkBytes = 1 << 16
/** Slots are written by pages of that many. */
const pageSlots = 1024

export interface IndexSetting {
  disk: Disk
  openFiles: OpenFiles
  slots: number
  /** Entries of a file, the unused first one included. */
  entries: number
}

export interface IndexEntry {
  hash: number
  position: number
  storedAt: number
  previous: number
}

/**
 * One file of the key index. While it is being filled, its slots are in memory: on the disk they are made up from the entries
 * when it is full and at an orderly stop. Until then only entries and header are written, which is enough to recover it.
 */
export class IndexFile {
  beginTimestamp = 0
  endTimestamp = 0
  beginPhyOffset = 0
  endPhyOffset = 0
  /** Number of the next entry. */
  count = 1
  #usedSlots = 0
  #slots: Int32Array | undefined
  /** Pages of slots that are not as on the disk. */
  readonly #dirtyPages: Uint8Array
  readonly #buffer = { bytes: Buffer.alloc(0), from: 1 }
  #isDirty = false
  #isUnsynced = false

  private constructor(
    readonly path: string,
    private readonly setting: IndexSetting,
  ) {
    this.#dirtyPages = new Uint8Array(Math.ceil(setting.slots / pageSlots))
  }

  /** A new file, at its full size, that goes on where another ended. */
  static create(path: string, setting: IndexSetting, before: IndexFile | undefined): IndexFile {
    const made = new IndexFile(path, setting)
    setting.openFiles.get(path, true).truncate(made.#fileBytes)
    made.reset(before)
    made.#dirtyPages.fill(0)
    return made
  }

  /** A file that is there. `repair`: one that is too short gets its full size. Throws `StoreError` `FORMAT` for another size. */
  static load(path: string, setting: IndexSetting, repair: boolean): IndexFile {
    const found = new IndexFile(path, setting)
    const file = setting.openFiles.get(path)
    const size = file.size()
    if (size !== found.#fileBytes) {
      if (!repair || size > found.#fileBytes) throw wrongSize(path, size, setting)
      file.truncate(found.#fileBytes)
    }
    found.#readHeader()
    return found
  }

  get isFull(): boolean {
    return this.count >= this.setting.entries
  }

  get isEmpty(): boolean {
    return this.count <= 1
  }

  /** Adds an entry; the file must not be full (`IndexFile.putKey`). */
  put(hash: number, position: number, storeTimestamp: number): void {
    const slots = (this.#slots ??= this.#loadSlots())
    const slot = hash % this.setting.slots
    const previous = slots[slot]!
    this.#write(hash, position, secondsBetween(this.beginTimestamp, storeTimestamp), previous)
    slots[slot] = this.count
    this.#dirtyPages[Math.floor(slot / pageSlots)] = 1
    if (this.count <= 1) {
      this.beginPhyOffset = position
      this.beginTimestamp = storeTimestamp
    }
    if (previous === 0) this.#usedSlots++
    this.count++
    this.endPhyOffset = position
    this.endTimestamp = storeTimestamp
  }

  #write(hash: number, position: number, seconds: number, previous: number): void {
    const buffer = this.#buffer
    if (this.count - buffer.from >= bufferedEntries) this.#writeEntries()
    if (buffer.bytes.length === 0) buffer.bytes = Buffer.allocUnsafeSlow(bufferedEntries * entryBytes)
    const at = (this.count - buffer.from) * entryBytes
    buffer.bytes.writeInt32BE(hash, at)
    writeInt64(buffer.bytes, position, at + 4)
    buffer.bytes.writeInt32BE(seconds, at + 12)
    buffer.bytes.writeInt32BE(previous, at + 16)
    this.#isDirty = true
  }

  #writeEntries(): void {
    const buffer = this.#buffer
    const bytes = buffer.bytes.subarray(0, (this.count - buffer.from) * entryBytes)
    if (bytes.length > 0) this.#file.write(bytes, this.#entryAt(buffer.from))
    buffer.from = this.count
    this.#isUnsynced = true
  }

  /** Writes entries and header. Throws `IoError`, and may then be called again. */
  flush(): void {
    if (!this.#isDirty) return
    this.#writeEntries()
    this.#file.write(this.#header(), 0)
    this.#isDirty = false
  }

  /** Writes the slots too, as a reader without memory of them needs them; then forgets them. */
  finish(): void {
    this.flush()
    const slots = this.#slots
    if (!slots) return
    for (let page = 0; page < this.#dirtyPages.length; page++) {
      if (this.#dirtyPages[page] === 0) continue
      const part = slots.subarray(page * pageSlots, (page + 1) * pageSlots)
      const bytes = Buffer.allocUnsafe(part.length * slotBytes)
      for (let i = 0; i < part.length; i++) bytes.writeInt32BE(part[i]!, i * slotBytes)
      this.#file.write(bytes, headerBytes + page * pageSlots * slotBytes)
    }
    this.#dirtyPages.fill(0)
    this.#isUnsynced = true
    this.#slots = undefined
    this.#buffer.bytes = Buffer.alloc(0)
  }

  async sync(): Promise<void> {
    if (!this.#isUnsynced) return
    this.#isUnsynced = false
    await this.#file.sync()
  }

  /** Drops entries of records from `position` on, and any that did not reach the disk. Header and slots are made anew. */
  cut(position: number, before: IndexFile | undefined): void {
    let low = 1
    let high = this.count
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const entry = this.#entryNow(middle)
      // The very first record of a log lies at 0; an entry that was never written has hash and time 0 as well.
      const isThere = entry.position > 0 || entry.hash > 0
      if (isThere && entry.position < position) low = middle + 1
      else high = middle
    }
    // Zeros behind them: what is put again may be less, when the log has been damaged.
    this.#file.truncate(this.#entryAt(low))
    this.#file.truncate(this.#fileBytes)
    if (low <= 1) return this.reset(before)
    const last = this.#entryNow(low - 1)
    this.count = this.#buffer.from = low
    this.endPhyOffset = last.position
    this.endTimestamp = last.storedAt
    this.#slots = this.#slotsOfEntries()
    this.#dirtyPages.fill(1)
    this.#isDirty = true
  }

  /** Empties the file. */
  reset(before: IndexFile | undefined): void {
    this.beginTimestamp = this.endTimestamp = before?.endTimestamp ?? 0
    this.beginPhyOffset = this.endPhyOffset = before?.endPhyOffset ?? 0
    this.count = this.#buffer.from = 1
    this.#usedSlots = 0
    this.#slots = new Int32Array(this.setting.slots)
    this.#dirtyPages.fill(1)
    this.#isDirty = true
  }

  #slotsOfEntries(): Int32Array {
    const slots = new Int32Array(this.setting.slots)
    this.#usedSlots = 0
    const chunk = Buffer.allocUnsafe(bufferedEntries * entryBytes)
    for (let from = 1; from < this.count; from += bufferedEntries) {
      this.#file.readNow(chunk, this.#entryAt(from))
      const end = Math.min(this.count, from + bufferedEntries)
      for (let number = from; number < end; number++) {
        const slot = chunk.readInt32BE((number - from) * entryBytes) % slots.length
        if (slots[slot] === 0) this.#usedSlots++
        slots[slot] = number
      }
    }
    return slots
  }

  /** Entries with a hash, newest first, as long as `take` wants more. */
  async find(hash: number, take: (entry: IndexEntry) => boolean): Promise<void> {
    let number = await this.#newestOf(hash % this.setting.slots)
    while (number > 0 && number < this.count) {
      const entry = await this.#entry(number)
      if (!take(entry) || entry.previous >= number) return
      number = entry.previous
    }
  }

  async #newestOf(slot: number): Promise<number> {
    if (this.#slots) return this.#slots[slot]!
    const bytes = Buffer.alloc(slotBytes)
    await this.#file.read(bytes, headerBytes + slot * slotBytes)
    return bytes.readInt32BE()
  }

  async #entry(number: number): Promise<IndexEntry> {
    const bytes = Buffer.alloc(entryBytes)
    if (number >= this.#buffer.from) this.#buffered(number).copy(bytes)
    else await this.#file.read(bytes, this.#entryAt(number))
    return this.#decode(bytes)
  }

  #entryNow(number: number): IndexEntry {
    const bytes = Buffer.alloc(entryBytes)
    if (number >= this.#buffer.from) this.#buffered(number).copy(bytes)
    else this.#file.readNow(bytes, this.#entryAt(number))
    return this.#decode(bytes)
  }

  #buffered(number: number): Buffer {
    const at = (number - this.#buffer.from) * entryBytes
    return this.#buffer.bytes.subarray(at, at + entryBytes)
  }

  #decode(bytes: Buffer): IndexEntry {
    return {
      hash: bytes.readInt32BE(0),
      position: readInt64(bytes, 4),
      storedAt: this.beginTimestamp + bytes.readInt32BE(12) * 1000,
      previous: bytes.readInt32BE(16),
    }
  }

  /** Reads the slots of a file that was finished; what is empty takes no memory. */
  #loadSlots(): Int32Array {
    const slots = new Int32Array(this.setting.slots)
    const chunk = Buffer.allocUnsafe(chunkBytes)
    for (let from = 0; from < slots.length; from += chunkBytes / slotBytes) {
      const got = this.#file.readNow(
        chunk.subarray(0, Math.min(chunkBytes, (slots.length - from) * slotBytes)),
        headerBytes + from * slotBytes,
      )
      for (let at = 0; at + slotBytes <= got; at += slotBytes) {
        const number = chunk.readInt32BE(at)
        if (number > 0 && number < this.count) slots[from + at / slotBytes] = number
      }
    }
    return slots
  }

  #readHeader(): void {
    const bytes = Buffer.alloc(headerBytes)
    this.#file.readNow(bytes, 0)
    this.beginTimestamp = readInt64(bytes, 0)
    this.endTimestamp = readInt64(bytes, 8)
    this.beginPhyOffset = readInt64(bytes, 16)
    this.endPhyOffset = readInt64(bytes, 24)
    this.#usedSlots = bytes.readInt32BE(32)
    this.count = this.#buffer.from = Math.min(Math.max(1, bytes.readInt32BE(36)), this.setting.entries)
  }

  #header(): Buffer {
    const bytes = Buffer.alloc(headerBytes)
    writeInt64(bytes, this.beginTimestamp, 0)
    writeInt64(bytes, this.endTimestamp, 8)
    writeInt64(bytes, this.beginPhyOffset, 16)
    writeInt64(bytes, this.endPhyOffset, 24)
    bytes.writeInt32BE(this.#usedSlots, 32)
    bytes.writeInt32BE(this.count, 36)
    return bytes
  }

  get #file() {
    return this.setting.openFiles.get(this.path)
  }

  get #fileBytes(): number {
    return this.#entryAt(this.setting.entries)
  }

  #entryAt(number: number): number {
    return headerBytes + this.setting.slots * slotBytes + number * entryBytes
  }
}

function secondsBetween(begin: number, end: number): number {
  if (begin <= 0) return 0
  return Math.min(0x7fff_ffff, Math.max(0, Math.trunc((end - begin) / 1000)))
}

function wrongSize(path: string, size: number, { slots, entries }: IndexSetting): StoreError {
  const problem = `${path} has ${size} bytes, which does not fit maxHashSlotNum=${slots} and maxIndexNum=${entries}`
  return new StoreError('FORMAT', `${problem}: set them to what the folder was written with, or remove the file`)
}
