import { type DiskFile, IoError, type IoErrorCode } from '../ports.js'
import type { DiskCall } from './faults.js'
import type { FileContent, SyncUnderWay } from './file-content.js'
import type { SimProcess } from './sim-process.js'

/** An open file. Writes of a dead process go nowhere, and its promises stay open: nobody is left to see them. */
export class SimDiskFile implements DiskFile {
  #closed = false

  constructor(
    readonly path: string,
    private readonly content: FileContent,
    private readonly readOnly: boolean,
    private readonly process: SimProcess,
  ) {}

  size(): number {
    this.#checkOpen('measure')
    return this.content.size
  }

  write(bytes: Uint8Array, position: number): void {
    this.#checkWritable('write')
    if (!this.process.alive) return
    const { world, host } = this.process
    this.content.write(bytes, position)
    this.content.modifiedMs = Math.floor(world.startMs + host.clockOffsetMs + world.scheduler.nowUs / 1000)
    world.trace.noteBytes(host.name, 'disk.write', bytes, position)
  }

  writePieces(pieces: readonly Uint8Array[], position: number): void {
    let at = position
    for (const piece of pieces) {
      this.write(piece, at)
      at += piece.length
    }
  }

  async sync(): Promise<void> {
    this.#checkOpen('sync')
    const { world, host } = this.process
    const sync = this.content.beginSync()
    await this.#passing(world.faults.syncMs(host.name, this.path, world.random))
    this.#endSync(sync)
    world.trace.note(host.name, 'disk.sync')
  }

  syncNow(): void {
    this.#checkOpen('sync')
    if (!this.process.alive) return
    this.#endSync(this.content.beginSync())
    this.process.world.trace.note(this.process.host.name, 'disk.sync')
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    this.#checkOpen('read')
    const { world, host } = this.process
    await this.#passing(world.faults.readMs(host.name, this.path, world.random))
    this.#checkFault('read')
    world.trace.note(host.name, 'disk.read', position, target.length)
    return this.#read(target, position)
  }

  readNow(target: Uint8Array, position: number): number {
    this.#checkOpen('read')
    this.#checkFault('read')
    return this.#read(target, position)
  }

  truncate(size: number): void {
    this.#checkWritable('truncate')
    if (!this.process.alive) return
    this.content.truncate(size)
    this.process.world.trace.note(this.process.host.name, 'disk.truncate', size)
  }

  close(): void {
    this.#closed = true
  }

  #endSync(sync: SyncUnderWay): void {
    try {
      this.#checkFault('sync')
    } catch (error) {
      sync.failed()
      throw error
    }
    sync.done()
  }

  #read(target: Uint8Array, position: number): number {
    const { world, host } = this.process
    const count = this.content.read(target, position)
    world.faults.afterRead(host.name, this.path, target.subarray(0, count), position, world.random)
    return count
  }

  #passing(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.process.in(delayMs, resolve))
  }

  #checkWritable(call: DiskCall): void {
    this.#checkOpen(call)
    if (this.readOnly) throw this.#failure('NOT_PERMITTED', call, 'the file was opened for reading only')
    this.#checkFault(call)
  }

  #checkOpen(verb: string): void {
    if (this.#closed) throw this.#failure('IO_FAILED', verb, 'the file was closed')
  }

  #checkFault(call: DiskCall): void {
    const { world, host } = this.process
    const code = world.faults.diskError(host.name, call, this.path)
    if (code) throw this.#failure(code, call, 'the simulated disk fails it')
  }

  #failure(code: IoErrorCode, verb: string, reason: string): IoError {
    return new IoError(code, `cannot ${verb} ${this.path}: ${reason}`)
  }
}
