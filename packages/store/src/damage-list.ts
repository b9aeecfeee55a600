import type { Disk, Logger } from '@mq/io'
import { readStart } from './read-start.js'

/** A list that is longer is none of ours. */
const listBytesMax = 64 << 20

/** A stretch of the commit log that cannot be read, and yet was flushed. */
export interface Damage {
  /** Commit log offsets. */
  from: number
  to: number
  reason: string
  foundMs: number
}

/**
 * What of the commit log is known to be damaged, in `damaged.json` in the store's folder. The log itself stays as it is, so that the
 * bytes can still be looked at; recovery passes over these stretches.
 */
export class DamageList {
  /** In the order of the log; they do not overlap. */
  #damages: Damage[] = []
  #isSaved = true

  constructor(
    private readonly disk: Disk,
    readonly path: string,
    private readonly logger: Logger,
  ) {}

  load(): void {
    const bytes = readStart(this.disk, this.path, listBytesMax)
    if (!bytes) return
    try {
      const { damages } = JSON.parse(bytes.toString()) as { damages: unknown[] }
      this.#damages = []
      for (const damage of damages.filter(isDamage).sort((a, b) => a.from - b.from))
        if (damage.from >= (this.#damages.at(-1)?.to ?? 0)) this.#damages.push(damage)
    } catch (error) {
      this.logger.warn({ error }, `${this.path} cannot be read: damage is looked for anew`)
    }
  }

  get count(): number {
    return this.#damages.length
  }

  /** Where reading goes on behind the damage at a position; undefined when none is known there. */
  endOfDamageAt(position: number): number | undefined {
    const damage = this.#damages[this.#indexBehind(position)]
    return damage && damage.from <= position ? damage.to : undefined
  }

  /** Is just this stretch known? */
  has(from: number, to: number): boolean {
    const damage = this.#damages[this.#indexBehind(from)]
    return damage?.from === from && damage.to === to
  }

  /** Place of the first damage that ends behind a position. */
  #indexBehind(position: number): number {
    let low = 0
    for (let high = this.#damages.length; low < high;) {
      const middle = (low + high) >> 1
      if (this.#damages[middle]!.to > position) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Notes a damage, in place of those it overlaps. `save` makes it last: there may be many. */
  add(found: Damage): void {
    const first = this.#indexBehind(found.from)
    let behind = first
    while (behind < this.#damages.length && this.#damages[behind]!.from < found.to) behind++
    this.#damages.splice(first, behind - first, found)
    this.#isSaved = false
  }

  /** Makes what was noted last. Throws `IoError`. */
  save(): void {
    if (this.#isSaved) return
    const damages = this.#damages
    if (damages.length > 0) this.disk.replaceWhole(this.path, Buffer.from(JSON.stringify({ damages }, undefined, 2)))
    else if (this.disk.exists(this.path)) this.disk.remove(this.path)
    this.#isSaved = true
  }

  /** Forgets what lies in deleted files. */
  removeBefore(logMin: number): void {
    const gone = this.#indexBehind(logMin)
    if (gone === 0) return
    this.#damages.splice(0, gone)
    this.#isSaved = false
    this.save()
  }
}

function isDamage(given: unknown): given is Damage {
  const { from, to } = (given ?? {}) as Partial<Damage>
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from! >= 0 && to! > from!
}
