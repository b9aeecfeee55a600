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
  #damages: Damage[] = []

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
      this.#damages = damages.filter(isDamage).sort((a, b) => a.from - b.from)
    } catch (error) {
      this.logger.warn({ error }, `${this.path} cannot be read: damage is looked for anew`)
    }
  }

  get count(): number {
    return this.#damages.length
  }

  /** Where reading goes on behind the damage at a position; undefined when none is known there. */
  endOfDamageAt(position: number): number | undefined {
    return this.#damages.find(({ from, to }) => from <= position && position < to)?.to
  }

  /** Is just this stretch known? */
  has(from: number, to: number): boolean {
    return this.#damages.some((known) => known.from === from && known.to === to)
  }

  /** Notes damages that do not overlap, durably. */
  add(...found: Damage[]): void {
    const isIn = (known: Damage) => found.some(({ from, to }) => known.to > from && known.from < to)
    this.#save([...this.#damages.filter((known) => !isIn(known)), ...found].sort((a, b) => a.from - b.from))
  }

  /** Forgets what lies in deleted files. */
  removeBefore(logMin: number): void {
    const kept = this.#damages.filter(({ to }) => to > logMin)
    if (kept.length < this.#damages.length) this.#save(kept)
  }

  #save(damages: Damage[]): void {
    this.#damages = damages
    if (damages.length > 0)
      return this.disk.replaceWhole(this.path, Buffer.from(JSON.stringify({ damages }, undefined, 2)))
    if (this.disk.exists(this.path)) this.disk.remove(this.path)
  }
}

function isDamage(given: unknown): given is Damage {
  const { from, to } = (given ?? {}) as Partial<Damage>
  return Number.isSafeInteger(from) && Number.isSafeInteger(to) && from! >= 0 && to! > from!
}
