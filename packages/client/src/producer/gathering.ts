import type { PendingSend } from './pending-send.js'
import type { ProducerSettings } from './producer-options.js'
import { mayTravelWithOthers } from './send-frame.js'

/**
 * Share of their time, at most, that lies between the first and the last of those that travel together: a frame ends with the
 * time of its first.
 */
const spanShare = 0.1

/** Messages of a lane that have not left yet, first in first out. */
export class Gathering {
  #waiting: PendingSend[] = []
  /** Index in `waiting` of the next to leave: shifting an array costs its length. */
  #next = 0

  constructor(
    private readonly settings: ProducerSettings,
    /** Rejects a message that has waited too long. */
    private readonly expire: (pending: PendingSend) => void,
    private readonly timeoutMs: number,
  ) {}

  get isEmpty(): boolean {
    return this.#next === this.#waiting.length
  }

  /** The next to leave travels alone, as large and delayed ones do. */
  get headIsSingle(): boolean {
    const head = this.#waiting[this.#next]
    return head !== undefined && !mayTravelWithOthers(head, this.settings)
  }

  add(pending: PendingSend): void {
    this.#waiting.push(pending)
  }

  /** The next to leave; undefined when nobody waits for any. */
  head(now: number): PendingSend | undefined {
    while (!this.isEmpty && this.#isOver(this.#waiting[this.#next]!, now)) this.#next++
    const head = this.#waiting[this.#next]
    if (head === undefined) this.#dropLeft()
    return head
  }

  /** The longest run of messages that may travel together; undefined when none is left that anybody waits for. */
  take(now: number): PendingSend[] | undefined {
    const head = this.head(now)
    if (head === undefined) return undefined
    this.#next++
    const members = mayTravelWithOthers(head, this.settings) ? this.#withCompanions(head, now) : [head]
    this.#dropLeft()
    return members
  }

  takeAll(): PendingSend[] {
    const all = this.#waiting.slice(this.#next)
    this.#waiting = []
    this.#next = 0
    return all
  }

  #withCompanions(head: PendingSend, now: number): PendingSend[] {
    const { groupMessagesMax, groupBytesMax } = this.settings
    const wait = head.message.waitStoreOk !== false
    const startedMsMax = head.startedMs + this.timeoutMs * spanShare
    const members = [head]
    let bytes = head.bodyBytes
    for (; !this.isEmpty && members.length < groupMessagesMax; this.#next++) {
      const pending = this.#waiting[this.#next]!
      if (this.#isOver(pending, now)) continue
      bytes += pending.bodyBytes
      if (bytes > groupBytesMax || !mayTravelWithOthers(pending, this.settings)) break
      if ((pending.message.waitStoreOk !== false) !== wait || pending.startedMs > startedMsMax) break
      members.push(pending)
    }
    return members
  }

  #isOver(pending: PendingSend, now: number): boolean {
    if (pending.settled) return true
    if (now - pending.startedMs < this.timeoutMs) return false
    this.expire(pending)
    return true
  }

  #dropLeft(): void {
    if (this.isEmpty) this.#waiting = []
    else if (this.#next > 4096) this.#waiting = this.#waiting.slice(this.#next)
    else return
    this.#next = 0
  }
}
