import type { Disk, Logger } from '@mq/io'
import { asBuffer, crc32Full } from '@mq/protocol'
import type { OpenFiles } from './open-files.js'
import { SpoiltBlocks, type SpoiltBytes } from './spoilt-blocks.js'

/*
 * One file for each commit log file, of the same name, in a folder of its own, where Apache's broker does not look:
 *   for each block of the log file, in order: crc:u32 of its bytes | check:u32, the crc inverted, xor number of the block
 * Two zeros: the block has no checksum. Only blocks that were complete and flushed get one.
 */
export const blockBytes = 4096
export const sumBytes = 8

/** What the last, incomplete block had when the store was left in order. */
export interface PartialSum {
  from: number
  to: number
  sum: number
}

/** Checksums over all bytes of the commit log, by blocks: the body's own leaves most of a record uncovered. */
export class BlockSums {
  readonly spoilt: SpoiltBlocks
  readonly #unsynced = new Set<number>()
  #namesUnsynced = false
  /** Log files that have sums; undefined until somebody asks. */
  #started: Set<number> | undefined
  partial: PartialSum | undefined

  constructor(
    private readonly disk: Disk,
    private readonly openFiles: OpenFiles,
    readonly directory: string,
    private readonly logFileBytes: number,
    logger: Logger,
  ) {
    this.spoilt = new SpoiltBlocks(logFileBytes, logger)
  }

  /** At the start: what the checkpoint keeps of the last block. */
  begin(note: { partialTo: number; partialSum: number } | undefined): void {
    if (!note || note.partialTo === 0) return
    this.partial = { from: this.blockStart(note.partialTo), to: note.partialTo, sum: note.partialSum }
  }

  /** Start of the block that holds a position. */
  blockStart(position: number): number {
    return position - ((position % this.logFileBytes) % blockBytes)
  }

  blockEnd(blockStart: number): number {
    return Math.min(blockStart + blockBytes, this.#fileStart(blockStart) + this.logFileBytes)
  }

  /** The sums of the blocks from one on, as far as there are any, up to a position in the same log file. */
  read(blockStart: number, to: number): (number | undefined)[] {
    const bytes = this.#readSums(blockStart, Math.ceil((to - blockStart) / blockBytes))
    const first = this.#numberInFile(blockStart)
    return Array.from({ length: bytes.length / sumBytes }, (_, i) => decodeSum(bytes, i * sumBytes, first + i))
  }

  #readSums(blockStart: number, count: number): Buffer {
    if (!this.#known.has(this.#fileStart(blockStart))) return Buffer.alloc(0)
    const bytes = Buffer.alloc(count * sumBytes)
    const got = this.openFiles.get(this.#pathOf(blockStart)).readNow(bytes, this.#numberInFile(blockStart) * sumBytes)
    return bytes.subarray(0, got - (got % sumBytes))
  }

  /** Notes the sums of blocks that follow each other in one log file. Throws `IoError`. */
  write(blockStart: number, sums: readonly (number | undefined)[]): void {
    const bytes = Buffer.alloc(sums.length * sumBytes)
    const first = this.#numberInFile(blockStart)
    for (const [i, sum] of sums.entries()) if (sum !== undefined) encodeSum(bytes, i * sumBytes, sum, first + i)
    const start = this.#fileStart(blockStart)
    if (!this.#known.has(start)) this.disk.makeDirectory(this.directory, { durable: false })
    this.openFiles.get(this.#pathOf(start), true).write(bytes, first * sumBytes)
    this.#namesUnsynced ||= !this.#known.has(start)
    this.#known.add(start)
    this.#unsynced.add(start)
  }

  /** Makes what was written last. Nobody waits for it: what a power loss takes is summed again. */
  async sync(): Promise<void> {
    const starts = [...this.#unsynced]
    this.#unsynced.clear()
    if (this.#namesUnsynced) this.disk.syncDirectory(this.directory)
    this.#namesUnsynced = false
    for (const start of starts) if (this.#known.has(start)) await this.openFiles.get(this.#pathOf(start)).sync()
  }

  /** Behind the last block that has a sum: so far at least the log was flushed. 0 without any. */
  get end(): number {
    for (const start of this.#starts().reverse()) {
      const sums = this.read(start, start + this.logFileBytes)
      const last = sums.findLastIndex((sum) => sum !== undefined)
      if (last >= 0) return this.blockEnd(start + last * blockBytes)
    }
    return 0
  }

  /** Drops the sums of blocks that reach beyond a position: the log has been cut there. */
  cut(position: number): void {
    const keep = this.#fileStart(position)
    for (const start of this.#starts()) {
      if (start < keep) continue
      const bytes = start > keep ? 0 : this.#numberInFile(this.blockStart(position)) * sumBytes
      const file = this.openFiles.get(this.#pathOf(start))
      if (file.size() <= bytes) continue
      file.truncate(bytes)
      file.syncNow()
    }
  }

  /** Removes the files of log files that are gone. */
  removeBefore(logMin: number): void {
    for (const start of this.#starts()) {
      if (start >= logMin) return
      this.openFiles.close(this.#pathOf(start))
      this.disk.remove(this.#pathOf(start))
      this.#known.delete(start)
    }
  }

  /**
   * Apache's broker wrote to the log last, and may have cut it before it went on: what it then wrote lies in one piece at the end. From there
   * backwards, sums that do not fit are dropped, up to the first that does. Returns how many.
   */
  dropOverwritten(logEnd: number, readLog: (target: Buffer, position: number) => number): number {
    let dropped = 0
    for (const start of this.#starts().reverse()) {
      const sums = this.read(start, Math.min(start + this.logFileBytes, this.blockStart(logEnd)))
      for (let i = sums.length - 1; i >= 0; i--) {
        if (sums[i] === undefined) continue
        const from = start + i * blockBytes
        const bytes = Buffer.alloc(this.blockEnd(from) - from)
        if (readLog(bytes, from) === bytes.length && crc32Full(bytes) === sums[i]) return dropped
        this.write(from, [undefined])
        dropped++
      }
    }
    return dropped
  }

  /** Compares bytes of one log file with their sums, and remembers what is spoilt. Only blocks that are there as a whole are looked at. */
  check(bytes: Uint8Array, position: number): SpoiltBytes[] {
    const found: SpoiltBytes[] = []
    const look = (from: number, to: number, sum: number): void => {
      const block = bytes.subarray(from - position, to - position)
      if (crc32Full(block) !== sum) found.push(this.spoilt.add(from, block, sum))
    }
    const end = position + bytes.length
    const begin = this.blockStart(position) === position ? position : this.blockEnd(this.blockStart(position))
    if (begin < end) {
      for (const [i, sum] of this.read(begin, end).entries()) {
        const from = begin + i * blockBytes
        if (sum !== undefined && this.blockEnd(from) <= end) look(from, this.blockEnd(from), sum)
      }
    }
    const { partial } = this
    if (partial && partial.from >= position && partial.to <= end) look(partial.from, partial.to, partial.sum)
    return found
  }

  /** Is any of these bytes known to be spoilt? */
  spoiltIn(position: number, length: number): SpoiltBytes | undefined {
    if (this.spoilt.isEmpty) return undefined
    for (let block = this.blockStart(position); block < position + length; block = this.blockEnd(block)) {
      const spoilt = this.spoilt.at(block)
      if (spoilt && spoilt.from < position + length && spoilt.to > position) return spoilt
    }
    return undefined
  }

  /** Of the blocks of a log file up to a position: bytes without a sum, and sums that are spoilt themselves. */
  inspect(fileStart: number, to: number): { unsummed: number; spoilt: { file: string; offset: number }[] } {
    const count = Math.ceil((to - fileStart) / blockBytes)
    const bytes = this.#readSums(fileStart, count)
    const spoilt: { file: string; offset: number }[] = []
    let unsummed = 0
    for (let number = 0; number < count; number++) {
      const at = number * sumBytes
      const isThere = at < bytes.length && bytes.readBigUInt64BE(at) !== 0n
      if (isThere && decodeSum(bytes, at, number) !== undefined) continue
      const block = fileStart + number * blockBytes
      unsummed += this.blockEnd(block) - block
      if (isThere) spoilt.push({ file: this.#pathOf(fileStart), offset: at })
    }
    return { unsummed, spoilt }
  }

  /** Starts of the log files that have sums, ascending. */
  #starts(): number[] {
    return [...this.#known].sort((a, b) => a - b)
  }

  get #known(): Set<number> {
    const names = () => this.disk.list(this.directory).filter((name) => /^\d{20}$/.test(name))
    return (this.#started ??= new Set(names().map(Number)))
  }

  #fileStart(position: number): number {
    return position - (position % this.logFileBytes)
  }

  #numberInFile(blockStart: number): number {
    return (blockStart % this.logFileBytes) / blockBytes
  }

  #pathOf(position: number): string {
    return `${this.directory}/${String(this.#fileStart(position)).padStart(20, '0')}`
  }
}

export function encodeSum(target: Buffer, at: number, sum: number, number: number): void {
  target.writeUInt32BE(sum, at)
  target.writeUInt32BE((~sum ^ number) >>> 0, at + 4)
}

/** A sum, or undefined when there is none or it is itself spoilt. */
export function decodeSum(bytes: Uint8Array, at: number, number: number): number | undefined {
  const buffer = asBuffer(bytes)
  const sum = buffer.readUInt32BE(at)
  return (~sum ^ number) >>> 0 === buffer.readUInt32BE(at + 4) ? sum : undefined
}
