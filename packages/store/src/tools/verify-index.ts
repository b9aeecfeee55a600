import { readInt64, recordSysFlag, TransactionType, transactionType, writeInt64 } from '@mq/protocol'
import { type ScannedRecord, scannedStoreTimestamp } from '../log-scan.js'
import { keyHashes } from '../message-keys.js'
import { type Finding, firstDifference, isUnwritten } from './finding.js'
import type { ToolStore } from './tool-store.js'

const headerBytes = 40
const slotBytes = 4
const entryBytes = 20

interface IndexedFile {
  path: string
  header: Buffer
  /** Number behind that of the last entry. */
  count: number
}

interface Met {
  position: number
  storeTimestamp: number
}

/** Follows the key index entry by entry beside the commit log, and compares it with what the log says it should be. */
export class IndexVerifier {
  readonly #files: IndexedFile[] = []
  readonly #hashes: number[] = []
  /** The entry that is next: its file, and its number there. */
  #file = 0
  #number = 1
  /** An entry was met that fits a record: from there on each has to. */
  #isInStep = false
  #slots: Int32Array
  /** What the first and the last entry met in the file lead to. */
  #first: Met | undefined
  #last: Met | undefined

  constructor(
    private readonly store: ToolStore,
    /** Store time of the last record in files that are full and were made last. */
    private readonly completeTo: number,
    private readonly tell: (finding: Finding) => void,
  ) {
    this.#slots = new Int32Array(store.config.maxHashSlotNum)
  }

  load(): void {
    const { disk, folder, config } = this.store
    for (const name of disk.list(folder.index)) {
      if (!/^\d{17}$/.test(name)) continue
      const path = `${folder.index}/${name}`
      const size = disk.stat(path)?.size ?? 0
      const wanted = this.#entryAt(config.maxIndexNum)
      if (this.store.clean ? size !== wanted : size > wanted) {
        const problem = `it has ${size} bytes, not the ${wanted} of maxHashSlotNum and maxIndexNum: give the broker.conf it was written with`
        return this.tell({ kind: 'index', file: path, offset: 0, problem })
      }
      const header = this.#read(path, 0, headerBytes)
      this.#files.push({ path, header, count: Math.min(Math.max(1, header.readInt32BE(36)), config.maxIndexNum) })
    }
    for (const file of this.#files) if (this.#isComplete(file)) this.#checkCount(file)
    this.#skipEmpty()
  }

  /** Header and slots are as the entries after an orderly stop, and before in files that the checkpoint vouches for. */
  #isComplete({ header }: IndexedFile): boolean {
    return this.store.clean || readInt64(header, 8) <= this.completeTo
  }

  /** A wrong count would make all that follows look wrong: it is found by where the entries end. */
  #checkCount(file: IndexedFile): void {
    const isThere = (number: number) =>
      this.#read(file.path, this.#entryAt(number), entryBytes).some((byte) => byte !== 0)
    const told = file.header.readInt32BE(36)
    const isRight = told >= 1 && told <= this.store.config.maxIndexNum && (told === 1 || isThere(told - 1))
    if (isRight && (told >= this.store.config.maxIndexNum || !isThere(told))) return
    let low = 1
    let high = this.store.config.maxIndexNum
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (isThere(middle)) low = middle + 1
      else high = middle
    }
    file.count = low
    this.#tellHeader(file, 36, `it counts up to ${told}, its entries to ${low}`)
  }

  #tellHeader({ path }: IndexedFile, offset: number, problem: string): void {
    this.tell({ kind: 'index', file: path, offset, problem })
  }

  get count(): number {
    return this.#files.length
  }

  /** The next record of the log. */
  record(record: ScannedRecord): void {
    if (this.#file >= this.#files.length) return
    if (transactionType(recordSysFlag(record.bytes, record.at)) === TransactionType.ROLLBACK) return
    keyHashes(record, this.#hashes)
    for (const hash of this.#hashes) this.#expect(hash, record.position, scannedStoreTimestamp(record))
  }

  #expect(hash: number, position: number, storeTimestamp: number): void {
    if (!this.#isInStep && !this.#fallsIn(hash, position)) return
    const file = this.#files[this.#file]
    if (!file) return
    const wanted = Buffer.alloc(entryBytes)
    const found = this.#read(file.path, this.#entryAt(this.#number), entryBytes)
    const slot = hash % this.#slots.length
    const begin = readInt64(file.header, 0)
    wanted.writeInt32BE(hash, 0)
    writeInt64(wanted, position, 4)
    // The first entry counts from the end of a file that may be gone.
    const seconds =
      this.#number === 1 ? found.readInt32BE(12) : Math.max(0, Math.trunc((storeTimestamp - begin) / 1000))
    wanted.writeInt32BE(seconds, 12)
    wanted.writeInt32BE(this.#slots[slot]!, 16)
    this.#slots[slot] = this.#number
    this.#last = { position, storeTimestamp }
    if (this.#number === 1) this.#first = this.#last
    const different = firstDifference(found, wanted)
    const isLost = !this.store.clean && isUnwritten(found, wanted)
    if (different !== undefined && !isLost) this.#tellEntry(file, different, position)
    this.#next()
  }

  /** Does the next entry belong to this key? When only the one behind it does, the next one is wrong. */
  #fallsIn(hash: number, position: number): boolean {
    for (const number of [this.#number, this.#number + 1]) {
      const file = this.#files[this.#file]!
      if (number >= file.count) return false
      const entry = this.#read(file.path, this.#entryAt(number), entryBytes)
      if (entry.readInt32BE(0) !== hash || readInt64(entry, 4) !== position) continue
      if (number > this.#number) this.#passOver(file)
      this.#number = number
      return (this.#isInStep = true)
    }
    return false
  }

  /** The entry before the one that fits leads nowhere; others may still be linked to it. */
  #passOver(file: IndexedFile): void {
    this.#tellEntry(file, 0, undefined)
    const hash = this.#read(file.path, this.#entryAt(this.#number), slotBytes).readInt32BE()
    if (hash >= 0) this.#slots[hash % this.#slots.length] = this.#number
  }

  #next(): void {
    this.#number++
    const file = this.#files[this.#file]!
    if (this.#number < file.count) return
    if (this.#isComplete(file)) {
      this.#checkSlots(file)
      this.#checkHeader(file)
    }
    this.#nextFile()
    this.#skipEmpty()
  }

  #nextFile(): void {
    this.#file++
    this.#number = 1
    this.#first = this.#last = undefined
    this.#slots = new Int32Array(this.#slots.length)
  }

  #skipEmpty(): void {
    while (this.#file < this.#files.length && this.#files[this.#file]!.count <= 1) this.#nextFile()
  }

  #checkHeader(file: IndexedFile): void {
    const begin = readInt64(file.header, 0)
    const compare = (offset: number, name: string, wanted: number | undefined): void => {
      const found = readInt64(file.header, offset)
      if (wanted !== undefined && found !== wanted)
        this.#tellHeader(file, offset, `its ${name} is ${found}, not ${wanted}`)
    }
    compare(0, 'beginTimestamp', this.#first?.storeTimestamp)
    compare(16, 'beginPhyOffset', this.#first?.position)
    compare(24, 'endPhyOffset', this.#last?.position)
    // Made anew from the entries it is rounded down to seconds from the beginning.
    const end = this.#last!.storeTimestamp
    const rounded = begin + Math.trunc((end - begin) / 1000) * 1000
    if (readInt64(file.header, 8) !== rounded) compare(8, 'endTimestamp', end)
  }

  #checkSlots({ path, header }: IndexedFile): void {
    const wanted = Buffer.alloc(this.#slots.length * slotBytes)
    let used = 0
    for (const [slot, number] of this.#slots.entries()) {
      wanted.writeInt32BE(number, slot * slotBytes)
      if (number > 0) used++
    }
    const different = firstDifference(this.#read(path, headerBytes, wanted.length), wanted)
    if (different !== undefined)
      this.tell({
        kind: 'index',
        file: path,
        offset: headerBytes + different,
        problem: 'a slot leads to a wrong entry',
      })
    if (header.readInt32BE(32) !== used)
      this.tell({ kind: 'index', file: path, offset: 32, problem: `${header.readInt32BE(32)} used slots, not ${used}` })
  }

  /** Behind damage nobody knows which keys were lost: the index is followed up to there. */
  damaged(): void {
    this.#file = this.#files.length
  }

  #tellEntry(file: IndexedFile, byte: number, position: number | undefined): void {
    const instead =
      position === undefined ? 'leads to no record' : `does not lead to the record at ${position} as it should`
    const problem = `the entry ${this.#number} ${instead}`
    this.tell({ kind: 'index', file: file.path, offset: this.#entryAt(this.#number) + byte, problem })
  }

  #read(path: string, at: number, count: number): Buffer {
    const bytes = Buffer.alloc(count)
    this.store.openFiles.get(path).readNow(bytes, at)
    return bytes
  }

  #entryAt(number: number): number {
    return headerBytes + this.store.config.maxHashSlotNum * slotBytes + number * entryBytes
  }
}
