import type { Disk } from '@mq/io'
import { asBuffer, RecordMagic, recordSize } from '@mq/protocol'
import type { BlockSums } from './block-sums.js'
import { FileSequence } from './file-sequence.js'
import { type Block, LogTail } from './log-tail.js'
import type { OpenFiles } from './open-files.js'
import type { HeldPages, Misses, PageCache, PageSource } from './page-cache.js'
import { headBytesMax, recordRest } from './record-head.js'
import { RoomAhead } from './room-ahead.js'

/** A file ends with a BLANK record, whose size and magic take this much: a record never fills a file exactly. */
export const blankBytes = 8

/** No record has fewer bytes. */
export const recordBytesMin = 91

/**
 * The log all messages of all queues go into, one behind the other. Appends go to memory; `write` takes what has gathered to
 * the disk in one go; `sync` makes it last. Three positions follow each other: `end` >= `written` >= `flushed`.
 */
export class CommitLog implements PageSource {
  readonly id: number
  readonly pageBytes = 64 * 1024
  readonly files: FileSequence
  readonly #tail: LogTail
  /** Where each write is followed by a sync. */
  readonly #roomAhead: RoomAhead | undefined
  /** Where the next record goes. */
  end = 0
  /** Up to here the bytes are in the files. */
  written = 0
  /** Up to here they survive a power loss. */
  flushed = 0

  constructor(
    disk: Disk,
    openFiles: OpenFiles,
    private readonly pages: PageCache,
    private readonly options: {
      directory: string
      fileBytes: number
      tailBytes: number
      sums?: BlockSums
      hasRoomAhead?: boolean
      /** Longest record that is taken now (`maxMessageSize`). */
      recordBytesMax?: number
    },
  ) {
    this.id = pages.newSourceId()
    this.files = new FileSequence(disk, openFiles, options.directory, options.fileBytes)
    this.#tail = new LogTail(options.tailBytes, options.fileBytes)
    this.#roomAhead = options.hasRoomAhead ? new RoomAhead(this.files) : undefined
  }

  /** First position there is a file for. */
  get min(): number {
    return this.files.first ?? 0
  }

  /** Bytes that wait for the next `write`. */
  get unwrittenBytes(): number {
    return this.end - this.written
  }

  /** Longest record that fits into a file. */
  get recordBytesMax(): number {
    return this.files.fileBytes - blankBytes
  }

  /** Sets all positions, when the log was opened and its end found. */
  startAt(position: number): void {
    this.end = this.written = this.flushed = position
    this.#roomAhead?.restart()
  }

  /**
   * Gives room for a record at `end`, closing the file with a BLANK record when it does not fit. The caller writes it at
   * `block.used` and then calls `took`.
   */
  room(size: number): Block {
    const left = this.files.fileBytes - (this.end % this.files.fileBytes)
    if (size + blankBytes > left) this.#closeFile(left)
    return this.#tail.room(this.end, size, this.end % this.files.fileBytes === 0)
  }

  took(block: Block, size: number): void {
    block.used += size
    this.end += size
  }

  #closeFile(left: number): void {
    const block = this.#tail.room(this.end, blankBytes, false)
    block.bytes.writeInt32BE(left, block.used)
    block.bytes.writeInt32BE(RecordMagic.BLANK, block.used + 4)
    block.used += blankBytes
    this.end += left
  }

  /** Writes what has gathered since the last time; throws `IoError`, and may then be called again. */
  write(): void {
    let pieces: Uint8Array[] = []
    let position = this.written
    let next = position
    for (const piece of this.#tail.piecesFrom(this.written)) {
      // What follows a BLANK record starts in the next file, behind a gap.
      if (piece.position !== next || piece.position % this.files.fileBytes === 0) {
        this.#writeRun(pieces, position, next)
        pieces = []
        position = piece.position
      }
      pieces.push(piece.bytes)
      next = piece.position + piece.bytes.length
    }
    this.#writeRun(pieces, position, next)
    this.written = this.end
    this.#tail.trim(this.written)
  }

  #writeRun(pieces: Uint8Array[], position: number, end: number): void {
    if (pieces.length === 0) return
    this.files.ensure(this.files.startOf(position))
    this.files.syncNames()
    this.files.writePieces(pieces, position)
    this.#roomAhead?.prepare(end)
  }

  /** Is the current file so full that the next one should be made ready? */
  get wantsNextFile(): boolean {
    const { fileBytes } = this.files
    return this.end % fileBytes > fileBytes / 2 && !this.files.has(this.files.startOf(this.end) + fileBytes)
  }

  /** Creates the next file ahead of need, so that no append waits for it. */
  prepareNextFile(): void {
    if (!this.wantsNextFile) return
    this.files.ensure(this.files.startOf(this.end) + this.files.fileBytes)
    this.files.syncNames()
  }

  /** Removes the file made ready and not needed, as a clean stop does. */
  removeUnusedFile(): void {
    for (const start of this.files.starts.filter((each) => each >= this.end && each > this.min))
      this.files.remove(start)
    this.files.syncNames()
  }

  /** Makes what is written last; resolves with the position up to which that is so. Rejects with `IoError`: never retry. */
  async sync(): Promise<number> {
    const target = this.written
    await this.files.sync()
    this.flushed = Math.max(this.flushed, target)
    return target
  }

  /**
   * May a record of that size lie there? It never crosses the end of its file. Sizes that come from the disk or from clients are asked about
   * before memory is taken for them.
   */
  mayHold(position: number, size: number): boolean {
    const end = Math.min(this.written, this.nextFileStart(position) - blankBytes)
    return size >= recordBytesMin && position >= this.min && position + size <= end
  }

  /** Longer than what is taken now: another setting, or another broker, took it, or its size is wrong. Its head is looked at first then. */
  isLong(size: number): boolean {
    return size > (this.options.recordBytesMax ?? 0)
  }

  /**
   * Does the head at a position speak of a record of that size? To be asked before memory is taken for a long one. Undefined when the disk is
   * needed to tell; what of it, is added to `misses`.
   */
  headSays(position: number, size: number, held?: HeldPages, misses?: Misses): boolean | undefined {
    const bytes = this.bytesAt(position, headBytesMax, held, misses)
    if (!bytes) return undefined
    const head = asBuffer(bytes)
    return recordSize(head) === size && recordRest(head) !== undefined
  }

  /** The block in memory that holds a position. */
  hot(position: number): Block | undefined {
    return this.#tail.find(position)
  }

  /**
   * Bytes from memory: the tail, or pages read before. Undefined when the disk is needed; what of it, is added to `misses`.
   * The bytes are shared: do not write to them.
   */
  bytesAt(position: number, length: number, held?: HeldPages, misses?: Misses): Uint8Array | undefined {
    const block = this.#tail.find(position)
    if (block) {
      const at = position - block.start
      return at + length <= block.used ? block.bytes.subarray(at, at + length) : undefined
    }
    const found = this.pages.slice(this, position, length, held)
    if (!found) misses?.add(this, position, position + length)
    return found
  }

  /** Has the file that holds a position not been lost? */
  isThere(position: number): boolean {
    return this.files.has(this.files.startOf(position))
  }

  readableTo(): number {
    return this.written
  }

  /** From the disk; what does not fit its checksum is remembered, for `spoiltIn`. */
  async read(target: Uint8Array, position: number): Promise<number> {
    const count = await this.files.read(target, position)
    const { sums } = this.options
    if (!sums) return count
    for (let at = 0; at < count;) {
      const end = Math.min(count, this.nextFileStart(position + at) - position)
      sums.check(target.subarray(at, end), position + at)
      at = end
    }
    return count
  }

  /** Why bytes that came from the disk are not those that were written; undefined when nothing is known against them. */
  spoiltIn(position: number, length: number): string | undefined {
    return this.options.sums?.spoiltIn(position, length)?.reason
  }

  /** Start of the file behind the one that holds a position (`rollNextFile`). */
  nextFileStart(position: number): number {
    return this.files.startOf(position) + this.files.fileBytes
  }
}
