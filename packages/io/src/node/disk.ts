import fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { Disk, DiskFile } from '../ports.js'
import { NodeDiskFile } from './disk-file.js'
import { ioError, systemCodeOf } from './errors.js'
import { takeLock } from './lock.js'

export const nodeDisk: Disk = {
  open: (path, options = {}) => attempt('open', path, () => openFile(path, options)),
  exists: (path) => fs.existsSync(path),
  stat: (path) => attempt('look at', path, () => statOf(path)),
  list: (path) => attempt('list', path, () => unlessMissing(() => fs.readdirSync(path).sort()) ?? []),
  makeDirectory: (path, { durable = true } = {}) => attempt('make folder', path, () => makeDirectory(path, durable)),
  remove: (path) => attempt('remove', path, () => fs.unlinkSync(path)),
  removeTree: (path) => attempt('remove folder', path, () => fs.rmSync(path, { recursive: true, force: true })),
  rename: (from, to) => attempt(`rename to ${to}:`, from, () => fs.renameSync(from, to)),
  syncDirectory: (path) => attempt('sync folder', path, () => syncDirectory(path)),
  readWhole: (path) => attempt('read', path, () => unlessMissing<Uint8Array>(() => fs.readFileSync(path))),
  replaceWhole: (path, bytes) => attempt('write', path, () => replaceWhole(path, bytes)),
  space: (path) => attempt('ask for the free space of', path, () => spaceOf(path)),
  lock: (path) => attempt('lock', path, () => takeLock(path)),
}

function attempt<T>(verb: string, path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw ioError(`cannot ${verb} ${path}`, error)
  }
}

function unlessMissing<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function openFile(
  path: string,
  { create = false, readOnly = false }: { create?: boolean; readOnly?: boolean },
): DiskFile {
  const { O_RDONLY, O_RDWR, O_CREAT } = fs.constants
  const flags = readOnly ? O_RDONLY : create ? O_RDWR | O_CREAT : O_RDWR
  return new NodeDiskFile(path, fs.openSync(path, flags, 0o644))
}

function statOf(path: string): ReturnType<Disk['stat']> {
  const stats = fs.statSync(path, { throwIfNoEntry: false })
  return stats && { size: stats.size, modifiedMs: Math.floor(stats.mtimeMs), directory: stats.isDirectory() }
}

/** New folders last through a power loss without more ado: nobody remembers to sync the parents of a parent. */
function makeDirectory(path: string, durable: boolean): void {
  const topmost = fs.mkdirSync(path, { recursive: true })
  if (topmost === undefined || !durable) return
  for (let made = path; made.length >= topmost.length; made = dirname(made)) syncDirectory(dirname(made))
}

function syncDirectory(path: string): void {
  if (process.platform === 'win32') return // Windows has no such call; NTFS keeps a journal of its folders.
  const fd = fs.openSync(path, 'r')
  try {
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}

function replaceWhole(path: string, bytes: Uint8Array): void {
  const fresh = `${path}.tmp`
  const replaced = fs.statSync(path, { throwIfNoEntry: false })
  const fd = fs.openSync(fresh, 'w', 0o600)
  try {
    // A file that only its owner may read stays that way.
    fs.fchmodSync(fd, replaced === undefined ? 0o644 & ~process.umask() : replaced.mode & 0o777)
    fs.writeFileSync(fd, bytes)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
  fs.renameSync(fresh, path)
  syncDirectory(dirname(path))
}

function spaceOf(path: string): { totalBytes: number; freeBytes: number } {
  let existing = path
  while (!fs.existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing)
  const { bsize, blocks, bfree, bavail } = fs.statfsSync(join(existing))
  // As `df` counts: what is kept back for others belongs neither to the free nor to the used space.
  return { totalBytes: (blocks - bfree + bavail) * bsize, freeBytes: bavail * bsize }
}
