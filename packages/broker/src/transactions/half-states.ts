import { firstOffsetOf } from './half-message.js'
import type { MessageRecord } from '@mq/protocol'
import { OffsetSet } from './offset-set.js'

/** Copies and late ends that are remembered; of those before them, the next check brings the truth to light. */
const rememberedMax = 65_536

/**
 * What is known of half messages, by their queue offset: which have ended, and which stand in the queue once more. It is
 * worked out from the op messages, and lost with the process.
 */
export class HalfStates {
  /** Half messages before it are done with: ended, copied or given up. */
  position = 0
  /** Where this run began: of offsets before it nothing is known. */
  #start = 0
  /** Those with an op message. */
  readonly #ended = new OffsetSet()
  /** Those whose end this process has appended to the log. */
  readonly #ending = new OffsetSet()
  /** By offset that of the copy; of one that was given up, its own. */
  readonly #copies = new Map<number, number>()
  /** Ended when they were copied already. */
  readonly #endedLate = new Set<number>()

  start(position: number): void {
    this.#start = this.position = position
  }

  /** An op message names this half message. */
  opFound(offset: number): void {
    if (offset >= this.position) this.#ended.add(offset)
    else remember(this.#endedLate, offset, () => this.#endedLate.add(offset))
  }

  /** The first offset, from the position on, of one that has not ended. */
  firstOpen(end: number): number {
    return this.#ended.firstMissing(this.position, end)
  }

  /** Is there an op message for it, or for the one it is an immune copy of? */
  isEnded(half: MessageRecord): boolean {
    if (this.#ended.has(half.queueOffset)) return true
    const first = firstOffsetOf(half)
    return first !== undefined && (this.#endedLate.has(first) || this.#ended.has(first))
  }

  passTo(offset: number): void {
    this.position = offset
    this.#ended.dropBefore(offset)
    this.#ending.dropBefore(offset)
  }

  copied(offset: number, copyOffset: number): void {
    remember(this.#copies, offset, () => this.#copies.set(offset, copyOffset))
  }

  /** One that was given up may be ended all the same, as in 4.7.1. */
  givenUp(offset: number): void {
    this.copied(offset, offset)
  }

  /** The offset of the newest copy: the one an op message has to name. */
  newest(offset: number): number {
    for (;;) {
      const next = this.#copies.get(offset)
      if (next === undefined || next === offset) return offset
      offset = next
    }
  }

  /** Would another end be the second one? Of what an earlier run did, only the op messages tell. */
  hasEnded(offset: number): boolean {
    if (this.isEnding(offset) || this.#ended.has(offset)) return true
    return offset >= this.#start && offset < this.position && !this.#copies.has(offset)
  }

  isEnding(offset: number): boolean {
    return this.#ending.has(offset)
  }

  /** An end or a copy of it is in the log, and no op message has been found yet. */
  isUnderWay(offset: number): boolean {
    return this.isEnding(offset) || this.#copies.has(offset)
  }

  ending(offset: number): void {
    this.#copies.delete(offset)
    this.#ending.add(offset)
  }

  /** Its end did not reach the disk. */
  endFailed(offset: number): void {
    this.#ending.delete(offset)
  }
}

/** Makes room by forgetting the oldest. */
function remember(kept: Map<number, unknown> | Set<number>, offset: number, put: () => void): void {
  kept.delete(offset)
  if (kept.size >= rememberedMax) kept.delete(kept.keys().next().value!)
  put()
}
