const chunkBytes = 64 * 1024
const firstChunkBytesMin = 256

/** A file in memory. What was never written takes none, and a small file little: its first chunk grows with it. */
export class MemoryFile {
  readonly #chunks = new Map<number, Uint8Array>()
  size = 0
  modifiedMs = 0

  /** @param take told of each chunk, bytes, negative when it is let go of; throws when there is no memory for it */
  constructor(private readonly take: (bytes: number) => void) {}

  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      const number = Math.floor((position + done) / chunkBytes)
      const at = position + done - number * chunkBytes
      const count = Math.min(chunkBytes - at, bytes.length - done)
      this.#chunk(number, at + count).set(bytes.subarray(done, done + count), at)
      done += count
    }
    this.size = Math.max(this.size, position + bytes.length)
  }

  /** A chunk of at least so many bytes. */
  #chunk(number: number, length: number): Uint8Array {
    const known = this.#chunks.get(number)
    if (known && known.length >= length) return known
    const grown = Math.max(firstChunkBytesMin, 2 ** Math.ceil(Math.log2(length)))
    const bytes = number === 0 ? grown : chunkBytes
    this.take(bytes - (known?.length ?? 0))
    const chunk = new Uint8Array(bytes)
    if (known) chunk.set(known)
    this.#chunks.set(number, chunk)
    return chunk
  }

  read(target: Uint8Array, position: number): number {
    const total = Math.max(0, Math.min(target.length, this.size - position))
    for (let done = 0; done < total;) {
      const number = Math.floor((position + done) / chunkBytes)
      const at = position + done - number * chunkBytes
      const count = Math.min(chunkBytes - at, total - done)
      const there = this.#chunks.get(number)?.subarray(at, at + count)
      if (there) target.set(there, done)
      target.fill(0, done + (there?.length ?? 0), done + count)
      done += count
    }
    return total
  }

  truncate(size: number): void {
    for (const [number, chunk] of this.#chunks) {
      if (number * chunkBytes < size) continue
      this.#chunks.delete(number)
      this.take(-chunk.length)
    }
    const inLast = size % chunkBytes
    this.#chunks.get((size - inLast) / chunkBytes)?.fill(0, inLast)
    this.size = size
  }
}
