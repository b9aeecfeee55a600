import type { Logger } from '@mq/io'
import { flippedBit } from './flipped-bit.js'

/** Bytes of the commit log that are not what was written. */
export interface SpoiltBytes {
  /** Commit log offsets: one byte when a single flipped bit explains it, else the whole block. */
  from: number
  to: number
  reason: string
}

/** Blocks that are looked at closely and told of: a disk that lost a whole file must not fill the log. */
const toldMax = 1000

/** Blocks of the commit log that were found not to fit their checksums. */
export class SpoiltBlocks {
  /** By the start of the block. */
  readonly #found = new Map<number, SpoiltBytes>()

  constructor(
    private readonly logFileBytes: number,
    private readonly logger: Logger,
  ) {}

  get isEmpty(): boolean {
    return this.#found.size === 0
  }

  /** Notes a block that begins at a position, and tells of it once. */
  add(from: number, block: Uint8Array, sum: number): SpoiltBytes {
    const known = this.#found.get(from)
    if (known) return known
    const isToTell = this.#found.size < toldMax
    const spoilt = (isToTell ? this.#oneBit(from, block, sum) : undefined) ?? this.#wholeBlock(from, block.length)
    this.#found.set(from, spoilt)
    if (isToTell) this.#tell(spoilt)
    return spoilt
  }

  #oneBit(from: number, block: Uint8Array, sum: number): SpoiltBytes | undefined {
    const flipped = flippedBit(block, sum)
    if (!flipped) return undefined
    const at = from + flipped.byte
    return { from: at, to: at + 1, reason: `bit ${flipped.bit} of byte ${this.#inFile(at)} is flipped` }
  }

  #wholeBlock(from: number, length: number): SpoiltBytes {
    const to = from + length
    return { from, to, reason: `bytes ${this.#inFile(from)} to ${this.#inFile(to - 1)} do not fit their checksum` }
  }

  #tell(spoilt: SpoiltBytes): void {
    const file = String(spoilt.from - this.#inFile(spoilt.from)).padStart(20, '0')
    this.logger.error(
      spoilt,
      `the commit log file ${file} is damaged: ${spoilt.reason}. Was it put there on purpose, remove the file of that name in checksums`,
    )
  }

  at(blockStart: number): SpoiltBytes | undefined {
    return this.#found.get(blockStart)
  }

  all(): SpoiltBytes[] {
    return [...this.#found.values()]
  }

  #inFile(position: number): number {
    return position % this.logFileBytes
  }
}
