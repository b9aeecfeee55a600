/** Offsets one chunk is for: 8 KiB of memory. */
const chunkOffsets = 65_536

/** A set of queue offsets, a bit for each: what is dense and moves on costs next to nothing. */
export class OffsetSet {
  readonly #chunks = new Map<number, Int32Array>()

  add(offset: number): void {
    const index = Math.floor(offset / chunkOffsets)
    let chunk = this.#chunks.get(index)
    if (chunk === undefined) this.#chunks.set(index, (chunk = new Int32Array(chunkOffsets / 32)))
    chunk[(offset % chunkOffsets) >> 5]! |= 1 << (offset % 32)
  }

  has(offset: number): boolean {
    const chunk = this.#chunks.get(Math.floor(offset / chunkOffsets))
    return chunk !== undefined && (chunk[(offset % chunkOffsets) >> 5]! & (1 << (offset % 32))) !== 0
  }

  delete(offset: number): void {
    const chunk = this.#chunks.get(Math.floor(offset / chunkOffsets))
    if (chunk !== undefined) chunk[(offset % chunkOffsets) >> 5]! &= ~(1 << (offset % 32))
  }

  /** The first offset from `from` on that is not in the set; `end` when all before it are. */
  firstMissing(from: number, end: number): number {
    let offset = from
    while (offset < end && this.has(offset)) offset += this.#wordIsFull(offset) ? 32 - (offset % 32) : 1
    return Math.min(offset, end)
  }

  #wordIsFull(offset: number): boolean {
    return this.#chunks.get(Math.floor(offset / chunkOffsets))![(offset % chunkOffsets) >> 5] === -1
  }

  /** Forgets offsets before the given one, a chunk at a time. */
  dropBefore(offset: number): void {
    const first = Math.floor(offset / chunkOffsets)
    for (const index of this.#chunks.keys()) if (index < first) this.#chunks.delete(index)
  }
}
