import { IoError } from '@mq/io'
import type { FileSequence } from './file-sequence.js'

/** Allocated in one go, bytes: little enough that the sync which takes it along is hardly longer. */
const stepBytes = 256 * 1024
const sectorBytes = 4096

/**
 * Keeps the place of the next records allocated, by writing zeros there: a sync that has to record new blocks of a sparse
 * file as well takes about half as long again (ext4).
 */
export class RoomAhead {
  readonly #zeros = Buffer.alloc(stepBytes)
  /** Up to here the file has its blocks. */
  #to = 0

  constructor(private readonly files: FileSequence) {}

  /** Data is going to be written up to `end`; behind it nothing was ever written. */
  prepare(end: number): void {
    if (end + stepBytes / 2 <= this.#to) return
    const fileEnd = this.files.startOf(end) + this.files.fileBytes
    const from = Math.max(this.#to, Math.ceil(end / sectorBytes) * sectorBytes)
    const to = Math.min(from + stepBytes, fileEnd)
    if (from < to) this.#fill(from, to)
    this.#to = Math.max(from, to)
  }

  #fill(from: number, to: number): void {
    try {
      this.files.write(this.#zeros.subarray(0, to - from), from)
    } catch (error) {
      // It was only for speed: whether the data has a place is for its own write to say.
      if (!(error instanceof IoError)) throw error
    }
  }

  /** Data may follow at an earlier position than before. */
  restart(): void {
    this.#to = 0
  }
}
