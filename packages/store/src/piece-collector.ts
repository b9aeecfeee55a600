/** Gathers records for a reader. Neighbours in memory become one piece: few pieces make few system calls. */
export class PieceCollector {
  messageCount = 0
  bytes = 0
  readonly #pieces: Uint8Array[] = []
  #memory: ArrayBufferLike | undefined
  #from = 0
  #to = 0

  /** Adds a record that lies in `bytes`. */
  add(bytes: Uint8Array, at: number, size: number): void {
    this.expect(size)
    const from = bytes.byteOffset + at
    if (this.#memory === bytes.buffer && this.#to === from) {
      this.#to += size
      return
    }
    this.#closePiece()
    this.#memory = bytes.buffer
    this.#from = from
    this.#to = from + size
  }

  /** Counts a record that is not there yet. */
  expect(size: number): void {
    this.messageCount++
    this.bytes += size
  }

  pieces(): readonly Uint8Array[] {
    this.#closePiece()
    this.#memory = undefined
    return this.#pieces
  }

  #closePiece(): void {
    if (this.#memory) this.#pieces.push(Buffer.from(this.#memory, this.#from, this.#to - this.#from))
  }
}
