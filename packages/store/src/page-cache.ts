/** Something that is read in pages: the commit log, or a consume queue. Positions are bytes. */
export interface PageSource {
  /** Tells sources of one cache apart. */
  readonly id: number
  readonly pageBytes: number
  /** Bytes before this position are on the disk and will not change. */
  readableTo(): number
  read(target: Uint8Array, position: number): Promise<number>
}

/** Pages a reader found missing: what is to be loaded before it tries again. */
export class Misses {
  readonly wanted: { source: PageSource; page: number }[] = []

  add(source: PageSource, from: number, to: number): void {
    const last = Math.floor((to - 1) / source.pageBytes)
    for (let page = Math.floor(from / source.pageBytes); page <= last; page++) {
      const before = this.wanted.at(-1)
      if (before?.page !== page || before.source !== source) this.wanted.push({ source, page })
    }
  }

  get isEmpty(): boolean {
    return this.wanted.length === 0
  }
}

/** Pages one reader has waited for. They stay with it, so that it cannot wait for them twice. */
export type HeldPages = Map<number, Uint8Array>

/** Neighbouring pages that are missing are read in one go, up to this many bytes. */
const readBytesMax = 1 << 20
/** Who reads on from a page that is there gets that many bytes at once: the next reads will want them. */
const readAheadBytes = 256 * 1024

/** Pages read from the disk, the ones used last. Reads of cold data go through it, in large pieces. */
export class PageCache {
  readonly #pages = new Map<number, Uint8Array>()
  /** Pages on their way, so that readers who want the same one wait for the same read. */
  readonly #coming = new Map<number, Promise<HeldPages>>()
  #newest = -1
  #bytes = 0
  #sources = 0

  constructor(private readonly bytesMax: number) {}

  newSourceId(): number {
    return this.#sources++
  }

  /** A page, as far as it has been read; undefined when it is not there. */
  page(source: PageSource, page: number, held: HeldPages | undefined): Uint8Array | undefined {
    const key = keyOf(source, page)
    const waitedFor = held?.get(key)
    if (waitedFor) return waitedFor
    const found = this.#pages.get(key)
    if (found && key !== this.#newest) {
      this.#pages.delete(key)
      this.#pages.set(key, found)
      this.#newest = key
    }
    return found
  }

  /** Bytes of a source, copied together when they lie on several pages; undefined when a page is missing. */
  slice(source: PageSource, from: number, length: number, held: HeldPages | undefined): Uint8Array | undefined {
    const page = Math.floor(from / source.pageBytes)
    const at = from - page * source.pageBytes
    if (at + length > source.pageBytes) return this.#joined(source, from, length, held)
    const bytes = this.page(source, page, held)
    return bytes && at + length <= bytes.length ? bytes.subarray(at, at + length) : undefined
  }

  #joined(source: PageSource, from: number, length: number, held: HeldPages | undefined): Uint8Array | undefined {
    const joined = Buffer.allocUnsafe(length)
    for (let done = 0; done < length;) {
      const page = Math.floor((from + done) / source.pageBytes)
      const at = from + done - page * source.pageBytes
      const count = Math.min(length - done, source.pageBytes - at)
      const bytes = this.page(source, page, held)
      if (!bytes || at + count > bytes.length) return undefined
      joined.set(bytes.subarray(at, at + count), done)
      done += count
    }
    return joined
  }

  /** Reads the pages that are missing, and gives them to the reader as well as to the cache. */
  async load(misses: Misses, held: HeldPages): Promise<void> {
    const others = this.#comingOf(misses)
    const own = this.#runsOf(misses).map((run) => this.#begin(run))
    const [mine, theirs] = await Promise.all([Promise.all(own), Promise.all(others)])
    for (const pages of mine) hold(pages, misses, held, 'all')
    // One that another reader began may have been too early for the end of the log: then it is read once more.
    for (const pages of theirs) hold(pages, misses, held, 'whole')
  }

  #comingOf({ wanted }: Misses): Iterable<Promise<HeldPages>> {
    const reads = wanted.map(({ source, page }) => this.#coming.get(keyOf(source, page)))
    return new Set(reads.filter((read) => read !== undefined))
  }

  /** What no read is under way for, in stretches. */
  #runsOf({ wanted }: Misses): Run[] {
    const runs: Run[] = []
    for (const { source, page } of wanted) {
      if (this.#coming.has(keyOf(source, page))) continue
      const last = runs.at(-1)
      const joins = last?.source === source && last.page + last.count === page
      if (joins && (last.count + 1) * source.pageBytes <= readBytesMax) last.count++
      else runs.push({ source, page, count: 1 })
    }
    return runs
  }

  #begin(run: Run): Promise<HeldPages> {
    this.#extend(run)
    const read = this.#readRun(run)
    const { source, page, count } = run
    for (let i = 0; i < count; i++) this.#coming.set(keyOf(source, page + i), read)
    const over = (): void => {
      for (let i = 0; i < count; i++) this.#coming.delete(keyOf(source, page + i))
    }
    read.then(over, over)
    return read
  }

  /** Reads ahead for who goes on from a page that is there; what is there, or comes already, is not read again. */
  #extend(run: Run): void {
    const { source, page } = run
    if (!this.#pages.has(keyOf(source, page - 1))) return
    const pagesMax = Math.min(
      Math.floor(readAheadBytes / source.pageBytes),
      Math.floor(source.readableTo() / source.pageBytes) - page,
    )
    while (run.count < pagesMax) {
      const next = keyOf(source, page + run.count)
      if (this.#pages.has(next) || this.#coming.has(next)) return
      run.count++
    }
  }

  async #readRun({ source, page, count }: Run): Promise<HeldPages> {
    const from = page * source.pageBytes
    const to = Math.min(from + count * source.pageBytes, source.readableTo())
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, to - from))
    const got = await source.read(bytes, from)
    const pages: HeldPages = new Map()
    for (let i = 0; i < count; i++) {
      const part = bytes.subarray(i * source.pageBytes, Math.min((i + 1) * source.pageBytes, got))
      const key = keyOf(source, page + i)
      pages.set(key, part)
      this.#keep(key, part)
    }
    return pages
  }

  #keep(key: number, page: Uint8Array): void {
    this.#bytes += page.length - (this.#pages.get(key)?.length ?? 0)
    this.#pages.delete(key)
    this.#pages.set(key, page)
    this.#newest = key
    for (const [oldest, bytes] of this.#pages) {
      if (this.#bytes <= this.bytesMax) return
      this.#pages.delete(oldest)
      this.#bytes -= bytes.length
    }
  }
}

interface Run {
  source: PageSource
  page: number
  count: number
}

/** Gives a reader the pages it wants of those read. */
function hold(pages: HeldPages, { wanted }: Misses, held: HeldPages, which: 'all' | 'whole'): void {
  for (const { source, page } of wanted) {
    const key = keyOf(source, page)
    const bytes = pages.get(key)
    if (bytes && (which === 'all' || bytes.length === source.pageBytes)) held.set(key, bytes)
  }
}

const keyOf = (source: PageSource, page: number): number => source.id * 0x1_0000_0000 + page
