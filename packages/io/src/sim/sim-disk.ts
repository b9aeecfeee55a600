import { type Disk, type DiskFile, IoError, type IoErrorCode } from '../ports.js'
import { DiskState, Folder } from './disk-state.js'
import type { DiskCall } from './faults.js'
import { FileContent } from './file-content.js'
import { SimDiskFile } from './sim-disk-file.js'
import type { SimProcess } from './sim-process.js'

/** A process's view of its host's disk. A dead process sees, and harms, only an empty one. */
export class SimDisk implements Disk {
  #limbo: DiskState | undefined

  constructor(
    private readonly process: SimProcess,
    private readonly living: DiskState,
  ) {}

  open(path: string, { create = false, readOnly = false } = {}): DiskFile {
    this.#check('open', path)
    const [folder, name] = this.#place('open', path)
    let file = folder.entries.get(name)
    if (file instanceof Folder) throw failure('IO_FAILED', 'open', path, 'it is a folder, not a file')
    if (!file) {
      if (!create || readOnly) throw missing('open', path)
      file = this.#state.createFile(path)
      file.modifiedMs = this.#nowMs()
      folder.entries.set(name, file)
      this.#note('disk.create')
    }
    return new SimDiskFile(path, file, readOnly, this.process)
  }

  exists(path: string): boolean {
    return this.#find(path) !== undefined
  }

  stat(path: string): ReturnType<Disk['stat']> {
    const node = this.#find(path)
    if (!node) return undefined
    if (node instanceof Folder) return { size: 0, modifiedMs: 0, directory: true }
    return { size: node.size, modifiedMs: node.modifiedMs, directory: false }
  }

  list(path: string): string[] {
    const node = this.#find(path)
    if (node instanceof FileContent) throw notFolder('list', path)
    return node ? [...node.entries.keys()].sort() : []
  }

  makeDirectory(path: string, { durable = true }: { durable?: boolean } = {}): void {
    let folder = this.#state.root
    for (const name of namesOf(path)) {
      let next = folder.entries.get(name)
      if (next instanceof FileContent) throw notFolder('make folder', path)
      if (!next) {
        next = new Folder()
        folder.entries.set(name, next)
        if (durable) folder.durable.set(name, next)
      }
      folder = next
    }
  }

  remove(path: string): void {
    this.#check('remove', path)
    const [folder, name] = this.#place('remove', path)
    const file = folder.entries.get(name)
    if (!file) throw missing('remove', path)
    if (file instanceof Folder) throw failure('IO_FAILED', 'remove', path, 'it is a folder, not a file')
    folder.entries.delete(name)
    file.unlink()
    this.#note('disk.remove')
  }

  removeTree(path: string): void {
    const node = this.#find(path)
    if (!node) return
    if (node instanceof FileContent) return this.remove(path)
    for (const name of [...node.entries.keys()]) this.removeTree(`${path}/${name}`)
    const [folder, name] = this.#place('remove', path)
    folder.entries.delete(name)
  }

  rename(from: string, to: string): void {
    this.#check('rename', from)
    const [source, sourceName] = this.#place('rename', from)
    const [target, targetName] = this.#place('rename', to)
    const node = source.entries.get(sourceName)
    if (!node) throw missing('rename', from)
    const replaced = target.entries.get(targetName)
    if (replaced instanceof FileContent && replaced !== node) replaced.unlink()
    source.entries.delete(sourceName)
    target.entries.set(targetName, node)
    this.#note('disk.rename')
  }

  syncDirectory(path: string): void {
    const node = this.#find(path)
    if (!node) throw missing('sync folder', path)
    if (node instanceof FileContent) throw notFolder('sync folder', path)
    this.#check('sync', path)
    node.sync()
  }

  readWhole(path: string): Uint8Array | undefined {
    const node = this.#find(path)
    if (!node) return undefined
    if (node instanceof Folder) throw failure('IO_FAILED', 'read', path, 'it is a folder, not a file')
    this.#check('read', path)
    const bytes = new Uint8Array(node.size)
    node.read(bytes, 0)
    const { world, hostName } = this.living
    world.faults.afterRead(hostName, path, bytes, 0, world.random)
    return bytes
  }

  replaceWhole(path: string, bytes: Uint8Array): void {
    this.#check('write', path)
    const fresh = `${path}.tmp`
    const file = this.open(fresh, { create: true })
    file.truncate(0)
    file.write(bytes, 0)
    file.syncNow()
    file.close()
    this.rename(fresh, path)
    const [folder] = this.#place('write', path)
    folder.sync()
  }

  space(): { totalBytes: number; freeBytes: number } {
    const { totalBytes, usedBytes } = this.#state
    return { totalBytes, freeBytes: totalBytes - usedBytes }
  }

  lock(path: string): { release(): void } {
    const { locks } = this.#state
    const key = namesOf(path).join('/')
    const holder = locks.get(key)
    if (holder?.alive) {
      throw new IoError('LOCKED', `${path} is in use by process ${holder.pid}. Stop it first, or use another folder`)
    }
    this.#place('lock', path)
    locks.set(key, this.process)
    let held = true
    const release = (): void => {
      if (held) locks.delete(key)
      held = false
    }
    return { release }
  }

  get #state(): DiskState {
    if (this.process.alive) return this.living
    return (this.#limbo ??= new DiskState(this.living.world, this.living.hostName, this.living.totalBytes))
  }

  #find(path: string): Folder | FileContent | undefined {
    let node: Folder | FileContent | undefined = this.#state.root
    for (const name of namesOf(path)) node = node instanceof Folder ? node.entries.get(name) : undefined
    return node
  }

  /** The folder that a path is in, and its name there. */
  #place(verb: string, path: string): [folder: Folder, name: string] {
    const names = namesOf(path)
    const name = names.pop()
    const folder = this.#find(names.join('/'))
    if (name === undefined || !folder) throw missing(verb, path)
    if (folder instanceof FileContent) throw notFolder(verb, path)
    return [folder, name]
  }

  #check(call: DiskCall, path: string): void {
    const { faults } = this.living.world
    const code = faults.diskError(this.living.hostName, call, path)
    if (code) throw failure(code, call, path, 'the simulated disk fails it')
  }

  #note(event: string): void {
    if (this.process.alive) this.process.world.trace.note(this.process.host.name, event)
  }

  #nowMs(): number {
    const { world, host } = this.process
    return Math.floor(world.startMs + host.clockOffsetMs + world.scheduler.nowUs / 1000)
  }
}

function namesOf(path: string): string[] {
  const names: string[] = []
  for (const name of path.split('/')) {
    if (name === '..') names.pop()
    else if (name !== '' && name !== '.') names.push(name)
  }
  return names
}

function failure(code: IoErrorCode, verb: string, path: string, reason: string): IoError {
  return new IoError(code, `cannot ${verb} ${path}: ${reason}`)
}

function missing(verb: string, path: string): IoError {
  return failure('NOT_FOUND', verb, path, 'there is no such file or folder')
}

function notFolder(verb: string, path: string): IoError {
  return failure('IO_FAILED', verb, path, 'a part of the path is a file, not a folder')
}
