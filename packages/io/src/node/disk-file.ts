import fs from 'node:fs'
import { type DiskFile, IoError } from '../ports.js'
import { ioError } from './errors.js'

export class NodeDiskFile implements DiskFile {
  /** Calls in the thread pool. The descriptor must not be closed, and given to another file, under their feet. */
  #underWay = 0
  #closed = false

  constructor(
    readonly path: string,
    private readonly fd: number,
  ) {}

  size(): number {
    return this.#now('measure', () => fs.fstatSync(this.fd).size)
  }

  write(bytes: Uint8Array, position: number): void {
    this.#now('write', () => writeAll(this.fd, bytes, position))
  }

  writePieces(pieces: readonly Uint8Array[], position: number): void {
    this.#now('write', () => writeAllPieces(this.fd, pieces, position))
  }

  sync(): Promise<void> {
    return this.#later('sync', (done) => fs.fdatasync(this.fd, (error) => done(error, undefined)))
  }

  syncNow(): void {
    this.#now('sync', () => fs.fdatasyncSync(this.fd))
  }

  read(target: Uint8Array, position: number): Promise<number> {
    return this.#later('read', (done) => readAll(this.fd, target, position, 0, done))
  }

  readNow(target: Uint8Array, position: number): number {
    return this.#now('read', () => readAllNow(this.fd, target, position))
  }

  truncate(size: number): void {
    this.#now('set the size of', () => fs.ftruncateSync(this.fd, size))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#underWay === 0) fs.closeSync(this.fd)
  }

  #now<T>(verb: string, action: () => T): T {
    this.#checkOpen(verb)
    try {
      return action()
    } catch (error) {
      throw ioError(`cannot ${verb} ${this.path}`, error)
    }
  }

  #later<T>(verb: string, start: (done: (error: Error | null, value: T) => void) => void): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#checkOpen(verb)
      this.#underWay++
      start((error, value) => {
        this.#underWay--
        if (this.#closed && this.#underWay === 0) fs.closeSync(this.fd)
        if (error) reject(ioError(`cannot ${verb} ${this.path}`, error))
        else resolve(value)
      })
    })
  }

  #checkOpen(verb: string): void {
    if (this.#closed) throw new IoError('IO_FAILED', `cannot ${verb} ${this.path}: the file was closed`)
  }
}

function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  let written = 0
  while (written < bytes.length) {
    written += fs.writeSync(fd, bytes, written, bytes.length - written, position + written)
  }
}

function writeAllPieces(fd: number, pieces: readonly Uint8Array[], position: number): void {
  if (pieces.length === 1) return writeAll(fd, pieces[0]!, position)
  let left = fs.writevSync(fd, pieces, position)
  let at = position + left
  for (const piece of pieces) {
    // After a short write, which only a nearly full disk or a signal causes, the rest goes one by one.
    if (left < piece.length) {
      writeAll(fd, piece.subarray(left), at)
      at += piece.length - left
    }
    left = Math.max(0, left - piece.length)
  }
}

function readAllNow(fd: number, target: Uint8Array, position: number): number {
  let done = 0
  while (done < target.length) {
    const count = fs.readSync(fd, target, done, target.length - done, position + done)
    if (count === 0) break
    done += count
  }
  return done
}

function readAll(
  fd: number,
  target: Uint8Array,
  position: number,
  before: number,
  done: (error: Error | null, count: number) => void,
): void {
  fs.read(fd, target, before, target.length - before, position + before, (error, count) => {
    const total = before + (count ?? 0)
    if (error || count === 0 || total === target.length) done(error, total)
    else readAll(fd, target, position, total, done)
  })
}
