import type { ReceivedMessage } from '../received-message.js'

/**
 * Messages of one queue between their pull and the end of their consumption (`ProcessQueue`). They are taken in order
 * and finished in any order; what may be committed is the offset of the first that is not finished.
 */
export class ProcessQueue {
  #messages: ReceivedMessage[] = []
  #finished: boolean[] = []
  /** Number, since the start, of the message at index 0. */
  #base = 0
  /** Index of the first that is not finished. */
  #head = 0
  /** Index of the next to take. */
  #next = 0
  #bytes = 0
  #nextOffset: number

  constructor(startOffset: number) {
    this.#nextOffset = startOffset
  }

  /** Messages that are not finished, those being consumed included. */
  get count(): number {
    return this.#messages.length - this.#head
  }
  /** What they take as stored. */
  get bytes(): number {
    return this.#bytes
  }
  /** From the first that is not finished to the last, in offsets. */
  get span(): number {
    return this.count === 0 ? 0 : this.maxOffset - this.minOffset
  }
  get minOffset(): number {
    return this.#messages[this.#head]?.queueOffset ?? this.#nextOffset
  }
  get maxOffset(): number {
    return this.#messages[this.#messages.length - 1]?.queueOffset ?? this.#nextOffset
  }
  get hasWaiting(): boolean {
    return this.#next < this.#messages.length
  }
  /** The next message to take, when there is one. */
  get waiting(): ReceivedMessage | undefined {
    return this.#messages[this.#next]
  }
  /** Where a consumer that takes over goes on. */
  get commitOffset(): number {
    return this.minOffset
  }
  /** Where the next pull goes on. */
  get nextOffset(): number {
    return this.#nextOffset
  }

  /** `nextOffset` lies behind the last message, and behind what was filtered out after it. */
  add(messages: readonly ReceivedMessage[], nextOffset: number): void {
    for (const message of messages) {
      this.#messages.push(message)
      this.#finished.push(false)
      this.#bytes += message.storeSize
    }
    this.#nextOffset = nextOffset
  }

  /** The number of the next message to consume; -1 when there is none. */
  take(): number {
    return this.#next < this.#messages.length ? this.#base + this.#next++ : -1
  }

  /** A message that was taken and is not finished. */
  message(number: number): ReceivedMessage {
    return this.#messages[number - this.#base]!
  }

  finish(number: number): void {
    const index = number - this.#base
    if (index < this.#head || this.#finished[index]) return
    this.#finished[index] = true
    this.#bytes -= this.#messages[index]!.storeSize
    while (this.#head < this.#messages.length && this.#finished[this.#head]) this.#head++
    this.#forgetFinished()
  }

  /** All at once where possible, because shifting an array costs its length. */
  #forgetFinished(): void {
    const gone = this.#head
    if (gone < this.#messages.length && gone < 1024) return
    this.#messages = this.#messages.slice(gone)
    this.#finished = this.#finished.slice(gone)
    this.#base += gone
    this.#next -= gone
    this.#head = 0
  }
}
