import type { Disk } from '@mq/io'
import { crc32Full } from '@mq/protocol'
import { decodeSum, encodeSum, sumBytes } from './block-sums.js'
import { type FlippedBit, flippedBit } from './flipped-bit.js'
import { readStart } from './read-start.js'

/**
 * A checksum of each document as we wrote it last, in a folder of its own. A document that differs in more than one bit was written by
 * somebody else, Apache's broker or an editor; one bit may be what a disk did, and is for people to judge.
 */
export class DocumentSums {
  constructor(
    private readonly disk: Disk,
    private readonly directory: string,
  ) {}

  /** Not made last: see `clear`. */
  note(name: string, document: Uint8Array): void {
    this.disk.makeDirectory(this.directory, { durable: false })
    const bytes = Buffer.alloc(sumBytes)
    encodeSum(bytes, 0, crc32Full(document), 0)
    const file = this.disk.open(this.pathOf(name), { create: true })
    try {
      file.write(bytes, 0)
    } finally {
      file.close()
    }
  }

  /** After a stop without notice, checksums may be those of older versions. */
  clear(): void {
    this.disk.removeTree(this.directory)
  }

  /** The one bit in which a document differs from what was written. */
  flippedIn(name: string, document: Uint8Array): FlippedBit | undefined {
    const sum = this.#sumOf(name)
    return sum === undefined || crc32Full(document) === sum ? undefined : flippedBit(document, sum)
  }

  /** Is there a checksum of that name that is spoilt itself? */
  isSpoilt(name: string): boolean {
    return this.disk.exists(this.pathOf(name)) && this.#sumOf(name) === undefined
  }

  #sumOf(name: string): number | undefined {
    const bytes = readStart(this.disk, this.pathOf(name), sumBytes)
    return bytes?.length === sumBytes ? decodeSum(bytes, 0, 0) : undefined
  }

  pathOf(name: string): string {
    return `${this.directory}/${name}`
  }
}
