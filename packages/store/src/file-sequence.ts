import type { Disk } from '@mq/io'
import { StoreError } from './message-store.js'
import type { OpenFiles } from './open-files.js'

const chunkBytes = 1 << 20

/**
 * Files of one size, each named by the position of its first byte: together one endless row of bytes
 * (`MappedFileQueue`). Every file has its full size from the start, sparse; what was not written yet is zero.
 */
export class FileSequence {
  /** First positions of the files, ascending. */
  readonly #starts: number[] = []
  /** Files written since they were last synced, by first position. */
  readonly #unsynced = new Set<number>()
  #namesUnsynced = false

  constructor(
    private readonly disk: Disk,
    private readonly files: OpenFiles,
    readonly directory: string,
    readonly fileBytes: number,
  ) {}

  /**
   * Finds the files that are there. `repair`: files that are too short, as a stop without notice leaves new ones, get their
   * full size, or are taken as they are when nothing is to be changed. Throws `StoreError` `FORMAT` for any other size: Apache refuses such a
   * folder as well.
   */
  load(repair: boolean, sizeKey: string, readOnly = false): void {
    for (const name of this.disk.list(this.directory)) {
      if (!/^\d{20}$/.test(name)) continue
      const path = `${this.directory}/${name}`
      const size = this.disk.stat(path)?.size ?? 0
      const fits = Number(name) % this.fileBytes === 0
      if (!fits || size > this.fileBytes || (size < this.fileBytes && !repair))
        throw wrongSize(path, size, this.fileBytes, sizeKey)
      if (size < this.fileBytes && !readOnly) this.files.get(path).truncate(this.fileBytes)
      this.#starts.push(Number(name))
    }
    // Who made them may have been stopped before it could see to that.
    this.#namesUnsynced = repair && !readOnly && this.#starts.length > 0
  }

  get starts(): readonly number[] {
    return this.#starts
  }

  /** Position of the first byte there is; undefined without files. */
  get first(): number | undefined {
    return this.#starts[0]
  }

  get last(): number | undefined {
    return this.#starts.at(-1)
  }

  startOf(position: number): number {
    return position - (position % this.fileBytes)
  }

  has(start: number): boolean {
    return this.#indexOf(start) >= 0
  }

  /** Files mostly follow each other without a gap, so that the place can be computed. */
  #indexOf(start: number): number {
    const index = (start - this.#starts[0]!) / this.fileBytes
    return this.#starts[index] === start ? index : this.#starts.indexOf(start)
  }

  pathOf(start: number): string {
    return `${this.directory}/${String(start).padStart(20, '0')}`
  }

  /** Creates the file that starts there, at its full size, unless it is there. */
  ensure(start: number): void {
    if (this.#starts.length > 0 && this.has(start)) return
    if (this.#starts.length === 0) this.disk.makeDirectory(this.directory, { durable: false })
    this.files.get(this.pathOf(start), true).truncate(this.fileBytes)
    const isLast = this.#starts.length === 0 || start > this.#starts.at(-1)!
    this.#starts.push(start)
    if (!isLast) this.#starts.sort((a, b) => a - b)
    this.#namesUnsynced = true
  }

  /** Makes the creation of files last through a power loss. */
  syncNames(): void {
    if (!this.#namesUnsynced) return
    this.disk.syncDirectory(this.directory)
    this.#namesUnsynced = false
  }

  /** Writes pieces that lie within one file. */
  writePieces(pieces: readonly Uint8Array[], position: number): void {
    const start = this.startOf(position)
    this.ensure(start)
    this.#unsynced.add(start)
    this.files.get(this.pathOf(start)).writePieces(pieces, position - start)
  }

  /** Writes bytes that may reach over the end of a file. */
  write(bytes: Uint8Array, position: number): void {
    for (let done = 0; done < bytes.length;) {
      const at = position + done
      const count = Math.min(bytes.length - done, this.fileBytes - (at % this.fileBytes))
      this.writePieces([bytes.subarray(done, done + count)], at)
      done += count
    }
  }

  /** Writes what can be read, so that the next sync has to take it to the disk. */
  writeAgain(from: number, to: number): void {
    const chunk = Buffer.allocUnsafe(Math.max(0, Math.min(chunkBytes, to - from)))
    for (const start of this.#starts) {
      const end = Math.min(to, start + this.fileBytes)
      for (let at = Math.max(from, start); at < end; at += chunk.length) {
        const part = chunk.subarray(0, Math.min(chunk.length, end - at))
        this.writePieces([part.subarray(0, this.readNow(part, at))], at)
      }
    }
  }

  /** Reads over the ends of files; returns the bytes read, fewer behind the last file. What is gone in front of it reads as zero. */
  readNow(target: Uint8Array, position: number): number {
    let done = 0
    for (const part of this.#parts(target, position)) {
      const count = this.files.get(part.path).readNow(part.target, part.position)
      done = part.before + count
      if (count < part.target.length) break
    }
    return done
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    let done = 0
    for (const part of this.#parts(target, position)) {
      const count = await this.files.get(part.path).read(part.target, part.position)
      done = part.before + count
      if (count < part.target.length) break
    }
    return done
  }

  /** What of `target` comes from which file; `before` is how much of it lies in front. */
  *#parts(target: Uint8Array, position: number) {
    for (let done = 0; done < target.length;) {
      const start = this.startOf(position + done)
      const inFile = position + done - start
      const count = Math.min(target.length - done, this.fileBytes - inFile)
      const part = target.subarray(done, done + count)
      if (this.has(start)) yield { path: this.pathOf(start), target: part, position: inFile, before: done }
      else if (start < (this.last ?? 0)) part.fill(0)
      else return
      done += count
    }
  }

  get hasUnsynced(): boolean {
    return this.#unsynced.size > 0 || this.#namesUnsynced
  }

  get hasUnsyncedNames(): boolean {
    return this.#namesUnsynced
  }

  /** Makes what was written before the call last through a power loss. Rejects with `IoError`; then never call it again. */
  async sync(): Promise<void> {
    const starts = [...this.#unsynced]
    this.#unsynced.clear()
    this.syncNames()
    for (const start of starts) {
      if (this.has(start)) await this.files.get(this.pathOf(start)).sync()
    }
  }

  /** Makes last what any process has written from a position on. */
  syncNowFrom(position: number): void {
    for (const start of this.#starts) if (start >= this.startOf(position)) this.files.get(this.pathOf(start)).syncNow()
    if (this.#starts.length > 0) this.disk.syncDirectory(this.directory)
  }

  /**
   * Removes everything from `position` on: later files go, the rest of the file that holds it becomes zero. So bytes from
   * before can never be taken for something written later.
   */
  cut(position: number): void {
    const keep = this.startOf(position)
    for (const start of this.#starts.filter((each) => each > keep)) this.remove(start)
    if (!this.has(keep)) return
    const file = this.files.get(this.pathOf(keep))
    file.truncate(position - keep)
    file.truncate(this.fileBytes)
    this.#unsynced.add(keep)
  }

  /** Removes one file. */
  remove(start: number): void {
    this.files.close(this.pathOf(start))
    this.disk.remove(this.pathOf(start))
    this.#starts.splice(this.#indexOf(start), 1)
    this.#unsynced.delete(start)
    this.#namesUnsynced = true
  }

  /** Removes all files and the directory. */
  removeAll(): void {
    for (const start of this.#starts) this.files.close(this.pathOf(start))
    this.#starts.length = 0
    this.#unsynced.clear()
    this.disk.removeTree(this.directory)
  }
}

function wrongSize(path: string, size: number, wanted: number, key: string): StoreError {
  const problem = `${path} has ${size} bytes, which does not fit ${key}=${wanted}`
  return new StoreError('FORMAT', `${problem}: set ${key} to what the folder was written with, or use another folder`)
}
