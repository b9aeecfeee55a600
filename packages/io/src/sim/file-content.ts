const PAGE_BYTES = 4096
const SECTOR_BYTES = 512
const SECTORS_PER_PAGE = PAGE_BYTES / SECTOR_BYTES

/** What pages held before they were written to in one period between two syncs; undefined: nothing, they read as zero. */
interface Period {
  sizeBefore: number
  pagesBefore: Map<number, Uint8Array | undefined>
}

/** A sync has begun: what was written before is covered. */
export interface SyncUnderWay {
  done(): void
  /** What it covered counts as written for the system, and is not on the disk. */
  failed(): void
}

/**
 * The bytes of one file, with the way back to what the disk holds for sure. A sync covers what was written before it
 * began, not what is written while it runs; so the writes are kept by periods, and a sync that is done drops the periods
 * before it.
 */
export class FileContent {
  size = 0
  modifiedMs = 0
  /** False once it is removed: those who have it open may go on, but its space counts as free. */
  linked = true
  #pages = new Map<number, Uint8Array>()
  /** Pages as the disk has them, which the system believes to be on it as they are in memory, after a sync that failed. */
  readonly #forgotten = new Map<number, Uint8Array | undefined>()
  #periods: Period[] = [{ sizeBefore: 0, pagesBefore: new Map() }]

  /** @param resized told how many bytes of disk are taken more (or less, negative) before they are; may throw */
  constructor(private readonly resized: (bytes: number) => void) {}

  get allocatedBytes(): number {
    return this.#pages.size * PAGE_BYTES
  }

  unlink(): void {
    this.resized(-this.allocatedBytes)
    this.linked = false
  }

  write(bytes: Uint8Array, position: number): void {
    this.#allocate(position, position + bytes.length)
    let done = 0
    while (done < bytes.length) {
      const index = Math.floor((position + done) / PAGE_BYTES)
      const within = position + done - index * PAGE_BYTES
      const count = Math.min(PAGE_BYTES - within, bytes.length - done)
      this.#writablePage(index).set(bytes.subarray(done, done + count), within)
      done += count
    }
    this.size = Math.max(this.size, position + bytes.length)
  }

  read(target: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(target.length, this.size - position))
    let done = 0
    while (done < count) {
      const index = Math.floor((position + done) / PAGE_BYTES)
      const within = position + done - index * PAGE_BYTES
      const part = Math.min(PAGE_BYTES - within, count - done)
      const page = this.#pages.get(index)
      if (page) target.set(page.subarray(within, within + part), done)
      else target.fill(0, done, done + part)
      done += part
    }
    return count
  }

  truncate(size: number): void {
    if (size < this.size) {
      const firstGone = Math.ceil(size / PAGE_BYTES)
      for (const index of [...this.#pages.keys()]) if (index >= firstGone) this.#dropPage(index)
      const lastIndex = firstGone - 1
      if (size % PAGE_BYTES !== 0 && this.#pages.has(lastIndex))
        this.#writablePage(lastIndex).fill(0, size % PAGE_BYTES)
    }
    this.size = size
  }

  beginSync(): SyncUnderWay {
    const last = this.#periods.at(-1)!
    this.#periods.push({ sizeBefore: this.size, pagesBefore: new Map() })
    const covered = (): Period[] => this.#periods.splice(0, this.#periods.indexOf(last) + 1)
    return {
      done: () => {
        for (const { pagesBefore } of covered()) for (const index of pagesBefore.keys()) this.#forgotten.delete(index)
      },
      failed: () => {
        for (const { pagesBefore } of covered())
          for (const [index, page] of pagesBefore) if (!this.#forgotten.has(index)) this.#forgotten.set(index, page)
      },
    }
  }

  /** Changes a byte behind everybody's back, on the disk and in memory. */
  damage(position: number, mask: number): void {
    const index = Math.floor(position / PAGE_BYTES)
    const before = this.#periods.map(({ pagesBefore }) => pagesBefore.get(index))
    for (const page of new Set([this.#pages.get(index), this.#forgotten.get(index), ...before]))
      if (page) page[position % PAGE_BYTES]! ^= mask
  }

  /** Back to what was synced, but for the sectors that made it to the disk by luck. */
  losePower(survives: (sector: number) => boolean): void {
    const durable = new Map(this.#forgotten)
    for (const { pagesBefore } of this.#periods) {
      for (const [index, page] of pagesBefore) if (!durable.has(index)) durable.set(index, page)
    }
    let size = this.#periods[0]!.sizeBefore
    for (const [index, before] of [...durable].sort(([a], [b]) => a - b)) {
      size = Math.max(size, this.#restorePage(index, before, survives))
    }
    this.size = size
    this.linked = true
    this.#periods = [{ sizeBefore: size, pagesBefore: new Map() }]
    this.#forgotten.clear()
  }

  /** @returns the end of the last byte that survived */
  #restorePage(index: number, before: Uint8Array | undefined, survives: (sector: number) => boolean): number {
    const written = this.#pages.get(index)
    const page = before ?? new Uint8Array(PAGE_BYTES)
    let end = 0
    for (let at = 0; written && at < SECTORS_PER_PAGE; at++) {
      const start = index * PAGE_BYTES + at * SECTOR_BYTES
      if (start >= this.size || !survives(index * SECTORS_PER_PAGE + at)) continue
      page.set(written.subarray(at * SECTOR_BYTES, (at + 1) * SECTOR_BYTES), at * SECTOR_BYTES)
      end = Math.min(this.size, start + SECTOR_BYTES)
    }
    if (before || end > 0) this.#pages.set(index, page)
    else this.#pages.delete(index)
    return end
  }

  #allocate(from: number, to: number): void {
    let fresh = 0
    for (let index = Math.floor(from / PAGE_BYTES); index * PAGE_BYTES < to; index++) {
      if (!this.#pages.has(index)) fresh++
    }
    if (fresh > 0 && this.linked) this.resized(fresh * PAGE_BYTES)
  }

  #writablePage(index: number): Uint8Array {
    const { pagesBefore } = this.#periods.at(-1)!
    let page = this.#pages.get(index)
    if (!pagesBefore.has(index)) pagesBefore.set(index, page?.slice())
    if (!page) this.#pages.set(index, (page = new Uint8Array(PAGE_BYTES)))
    return page
  }

  #dropPage(index: number): void {
    const { pagesBefore } = this.#periods.at(-1)!
    if (!pagesBefore.has(index)) pagesBefore.set(index, this.#pages.get(index))
    this.#pages.delete(index)
    if (this.linked) this.resized(-PAGE_BYTES)
  }
}
