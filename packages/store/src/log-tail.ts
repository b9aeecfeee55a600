/** A stretch of the commit log in memory. Filled once, never used again for anything else: slices of it may be kept. */
export interface Block {
  readonly start: number
  readonly bytes: Buffer
  used: number
}

/** A block belongs to one file, and need not be longer. */
const blockBytesMax = 1 << 20

/**
 * The newest part of the commit log, in memory: appends are encoded straight into it, one write per turn takes it to the
 * disk, and readers near the end get slices of it. A record never lies in two blocks.
 */
export class LogTail {
  readonly #blocks: Block[] = []
  #bytes = 0

  readonly #blockBytes: number

  constructor(
    private readonly bytesMax: number,
    fileBytes: number,
  ) {
    this.#blockBytes = Math.min(blockBytesMax, fileBytes)
  }

  /**
   * A block with room for `size` bytes at a position; the place is `block.used`. `fresh`: not the block before, because a
   * block is written to one file.
   */
  room(position: number, size: number, fresh: boolean): Block {
    const last = this.#blocks.at(-1)
    const follows = !fresh && last !== undefined && last.start + last.used === position
    if (follows && last.bytes.length - last.used >= size) return last
    const block = { start: position, bytes: Buffer.allocUnsafeSlow(Math.max(size, this.#blockBytes)), used: 0 }
    this.#blocks.push(block)
    this.#bytes += block.bytes.length
    return block
  }

  /** First position in memory; undefined when empty. */
  get first(): number | undefined {
    return this.#blocks[0]?.start
  }

  /** The block that holds a position; undefined when it is not in memory. */
  find(position: number): Block | undefined {
    const blocks = this.#blocks
    for (let low = 0, high = blocks.length - 1; low <= high;) {
      const middle = (low + high) >> 1
      const block = blocks[middle]!
      if (position < block.start) high = middle - 1
      else if (position < block.start + block.used) return block
      else low = middle + 1
    }
    return undefined
  }

  /** What is in memory from a position on, oldest first: the pieces of the next write. */
  *piecesFrom(position: number): Generator<{ position: number; bytes: Uint8Array }> {
    for (const block of this.#blocks) {
      const at = Math.max(0, position - block.start)
      if (at < block.used) yield { position: block.start + at, bytes: block.bytes.subarray(at, block.used) }
    }
  }

  /** Lets go of the oldest blocks beyond the budget that lie wholly before `position`, and so are on the disk. */
  trim(position: number): void {
    while (this.#bytes > this.bytesMax && this.#blocks.length > 1) {
      const oldest = this.#blocks[0]!
      if (oldest.start + oldest.used > position) return
      this.#blocks.shift()
      this.#bytes -= oldest.bytes.length
    }
  }
}
