import { type Disk, type DiskFile, IoError } from '@mq/io'

const chunkBytes = 64 * 1024

class MemoryFile {
  readonly chunks = new Map<number, Uint8Array>()
  size = 0
  modifiedMs = 0
}

/** A disk in memory, for a store that is gone with its process. Takes memory only for what is written. */
export class MemoryDisk implements Disk {
  readonly #files = new Map<string, MemoryFile>()
  readonly #directories = new Set<string>()

  /** @param bytesMax what `space` tells as its size; retention keeps within it */
  constructor(
    private readonly bytesMax: number,
    private readonly now: () => number,
  ) {}

  open(path: string, { create = false }: { create?: boolean } = {}): DiskFile {
    let file = this.#files.get(path)
    if (!file) {
      if (!create) throw new IoError('NOT_FOUND', `cannot open ${path}: there is no such file`)
      this.#files.set(path, (file = new MemoryFile()))
      file.modifiedMs = this.now()
    }
    return openedFile(path, file, this.now)
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
    this.#files.delete(path)
  }

  removeTree(path: string): void {
    for (const each of this.#files.keys()) if (each === path || each.startsWith(`${path}/`)) this.#files.delete(each)
    for (const each of this.#directories)
      if (each === path || each.startsWith(`${path}/`)) this.#directories.delete(each)
  }

  rename(from: string, to: string): void {
    const file = this.#files.get(from)
    if (!file) throw new IoError('NOT_FOUND', `cannot rename ${from}: there is no such file`)
    this.#files.delete(from)
    this.#files.set(to, file)
  }

  syncDirectory(): void {}

  readWhole(path: string): Uint8Array | undefined {
    const file = this.#files.get(path)
    if (!file) return undefined
    const bytes = new Uint8Array(file.size)
    read(file, bytes, 0)
    return bytes
  }

  replaceWhole(path: string, bytes: Uint8Array): void {
    const file = new MemoryFile()
    write(file, bytes, 0)
    this.#files.set(path, file)
  }

  space(): { totalBytes: number; freeBytes: number } {
    let used = 0
    for (const file of this.#files.values()) used += file.chunks.size * chunkBytes
    return { totalBytes: this.bytesMax, freeBytes: Math.max(0, this.bytesMax - used) }
  }

  lock(): { release(): void } {
    return { release: () => {} }
  }
}

function openedFile(path: string, file: MemoryFile, now: () => number): DiskFile {
  const put = (bytes: Uint8Array, position: number): void => {
    write(file, bytes, position)
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
    read: (target, position) => Promise.resolve(read(file, target, position)),
    readNow: (target, position) => read(file, target, position),
    truncate: (size) => truncate(file, size),
    close: () => {},
  }
}

function write(file: MemoryFile, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    const number = Math.floor((position + done) / chunkBytes)
    const at = position + done - number * chunkBytes
    const count = Math.min(chunkBytes - at, bytes.length - done)
    let chunk = file.chunks.get(number)
    if (!chunk) file.chunks.set(number, (chunk = new Uint8Array(chunkBytes)))
    chunk.set(bytes.subarray(done, done + count), at)
    done += count
  }
  file.size = Math.max(file.size, position + bytes.length)
}

function read(file: MemoryFile, target: Uint8Array, position: number): number {
  const total = Math.max(0, Math.min(target.length, file.size - position))
  for (let done = 0; done < total;) {
    const number = Math.floor((position + done) / chunkBytes)
    const at = position + done - number * chunkBytes
    const count = Math.min(chunkBytes - at, total - done)
    const chunk = file.chunks.get(number)
    if (chunk) target.set(chunk.subarray(at, at + count), done)
    else target.fill(0, done, done + count)
    done += count
  }
  return total
}

function truncate(file: MemoryFile, size: number): void {
  for (const number of [...file.chunks.keys()]) if (number * chunkBytes >= size) file.chunks.delete(number)
  const inLast = size % chunkBytes
  file.chunks.get((size - inLast) / chunkBytes)?.fill(0, inLast)
  file.size = size
}
