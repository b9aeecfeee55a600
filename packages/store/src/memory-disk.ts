import { type Disk, type DiskFile, IoError } from '@mq/io'
import { MemoryFile } from './memory-file.js'

/** A disk in memory, for a store that is gone with its process. Takes memory only for what is written; a write beyond its size is refused. */
export class MemoryDisk implements Disk {
  readonly #files = new Map<string, MemoryFile>()
  readonly #directories = new Set<string>()
  #usedBytes = 0

  constructor(
    private readonly bytesMax: number,
    private readonly now: () => number,
  ) {}

  open(path: string, { create = false }: { create?: boolean } = {}): DiskFile {
    let file = this.#files.get(path)
    if (!file) {
      if (!create) throw new IoError('NOT_FOUND', `cannot open ${path}: there is no such file`)
      this.#files.set(path, (file = this.#newFile(path)))
    }
    return openedFile(path, file, this.now)
  }

  #newFile(path: string): MemoryFile {
    const made = new MemoryFile((bytes) => this.#take(path, bytes))
    made.modifiedMs = this.now()
    return made
  }

  #take(path: string, bytes: number): void {
    if (bytes > 0 && this.#usedBytes + bytes > this.bytesMax)
      throw new IoError('NO_SPACE', `cannot write ${path}: the ${this.bytesMax} bytes of memory for it are used up`)
    this.#usedBytes += bytes
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path)
  }

  stat(path: string): ReturnType<Disk['stat']> {
    const file = this.#files.get(path)
    if (file) return { size: file.size, modifiedMs: file.modifiedMs, directory: false }
    return this.#directories.has(path) ? { size: 0, modifiedMs: 0, directory: true } : undefined
  }

  list(path: string): string[] {
    const names = new Set<string>()
    for (const each of [...this.#files.keys(), ...this.#directories]) {
      if (each.startsWith(`${path}/`)) names.add(each.slice(path.length + 1).split('/')[0]!)
    }
    return [...names].sort()
  }

  makeDirectory(path: string): void {
    this.#directories.add(path)
  }

  remove(path: string): void {
    this.#files.get(path)?.truncate(0)
    this.#files.delete(path)
  }

  removeTree(path: string): void {
    for (const each of this.#files.keys()) if (each === path || each.startsWith(`${path}/`)) this.remove(each)
    for (const each of this.#directories)
      if (each === path || each.startsWith(`${path}/`)) this.#directories.delete(each)
  }

  rename(from: string, to: string): void {
    const file = this.#files.get(from)
    if (!file) throw new IoError('NOT_FOUND', `cannot rename ${from}: there is no such file`)
    this.#files.delete(from)
    this.remove(to)
    this.#files.set(to, file)
  }

  syncDirectory(): void {}

  readWhole(path: string): Uint8Array | undefined {
    const file = this.#files.get(path)
    if (!file) return undefined
    const bytes = new Uint8Array(file.size)
    file.read(bytes, 0)
    return bytes
  }

  replaceWhole(path: string, bytes: Uint8Array): void {
    const file = this.#newFile(path)
    try {
      file.write(bytes, 0)
    } catch (error) {
      file.truncate(0)
      throw error
    }
    this.remove(path)
    this.#files.set(path, file)
  }

  space(): { totalBytes: number; freeBytes: number } {
    return { totalBytes: this.bytesMax, freeBytes: this.bytesMax - this.#usedBytes }
  }

  lock(): { release(): void } {
    return { release: () => {} }
  }
}

function openedFile(path: string, file: MemoryFile, now: () => number): DiskFile {
  const put = (bytes: Uint8Array, position: number): void => {
    file.write(bytes, position)
    file.modifiedMs = now()
  }
  return {
    path,
    size: () => file.size,
    write: put,
    writePieces(pieces, position) {
      let at = position
      for (const piece of pieces) {
        put(piece, at)
        at += piece.length
      }
    },
    sync: () => Promise.resolve(),
    syncNow: () => {},
    read: (target, position) => Promise.resolve(file.read(target, position)),
    readNow: (target, position) => file.read(target, position),
    truncate: (size) => file.truncate(size),
    close: () => {},
  }
}
