import fs from 'node:fs'
import os from 'node:os'
import { resolve } from 'node:path'
import { IoError } from '../ports.js'
import { systemCodeOf } from './errors.js'

/**
 * Node has no file locks, so a lock is a file `<path>.pid` that only one process can create, and that says which. It is
 * stale when that process is gone: no such pid, or one that started at another time. `path` itself is not touched:
 * in a store it is RocketMQ's own `lock` file. A Java broker's lock on that file is seen where `/proc/locks` shows it;
 * a Java broker does not see ours.
 */
export function takeLock(path: string): { release(): void } {
  const pidPath = resolve(`${path}.pid`)
  const stranger = holderOfSystemLock(path)
  if (stranger !== undefined) throw locked(path, `process ${stranger}`)
  const mine = describeSelf()
  // Twice: a stale lock is put aside, then the place is tried again.
  if (!create(pidPath, mine)) {
    putAsideIfStale(path, pidPath)
    if (!create(pidPath, mine)) throw locked(path, 'another process, which took it a moment ago')
  }
  return hold(pidPath)
}

function hold(pidPath: string): { release(): void } {
  held.add(pidPath)
  const beat = setInterval(() => touch(pidPath), FOREIGN_BEAT_MS).unref()
  let released = false
  const release = (): void => {
    if (released) return
    released = true
    clearInterval(beat)
    held.delete(pidPath)
    fs.rmSync(pidPath, { force: true })
  }
  return { release }
}

/** Locks of this very process: a pid file with our pid that is not among them is from before a restart. */
const held = new Set<string>()

/** A process on another host (a shared volume) cannot be looked up; it counts as alive while it touches its file. */
const FOREIGN_BEAT_MS = 5000
const FOREIGN_SILENT_MS_MAX = 15_000

interface Owner {
  pid: number
  /** When the process started, in the system's own count; absent where the system does not tell. */
  started?: string
  hostname: string
}

function describeSelf(): string {
  const owner: Owner = { pid: process.pid, started: startOf(process.pid), hostname: os.hostname() }
  return JSON.stringify(owner) + '\n'
}

function create(pidPath: string, text: string): boolean {
  try {
    fs.writeFileSync(pidPath, text, { flag: 'wx', mode: 0o644 })
    return true
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return false
    throw error
  }
}

function putAsideIfStale(path: string, pidPath: string): void {
  const text = readText(pidPath)
  if (text === undefined) return // Released just now.
  const owner = parseOwner(text)
  const age = Date.now() - (fs.statSync(pidPath, { throwIfNoEntry: false })?.mtimeMs ?? 0)
  if (owner ? isAlive(owner, pidPath, age) : age < FOREIGN_BEAT_MS) throw locked(path, nameOf(owner))
  const aside = `${pidPath}.${process.pid}.stale`
  if (!moveAway(pidPath, aside)) return
  if (readText(aside) !== text) {
    // Two processes found the same stale lock, and this one was second: what it took away is the other's new lock.
    fs.renameSync(aside, pidPath)
    throw locked(path, 'another process, which took it a moment ago')
  }
  fs.unlinkSync(aside)
}

/** False when another process, which found the same stale lock, was faster. */
function moveAway(pidPath: string, aside: string): boolean {
  try {
    fs.renameSync(pidPath, aside)
    return true
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return false
    throw error
  }
}

function isAlive(owner: Owner, pidPath: string, age: number): boolean {
  if (owner.hostname !== os.hostname()) return age < FOREIGN_SILENT_MS_MAX
  if (owner.pid === process.pid) return held.has(pidPath)
  if (!exists(owner.pid)) return false
  const fields = statFields(owner.pid)
  // Killed, and only waiting for its parent to notice, which in a container may be never.
  if (fields?.[0] === 'Z') return false
  const started = fields?.[startField]
  return started === undefined || owner.started === undefined || started === owner.started
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return systemCodeOf(error) !== 'ESRCH' // EPERM: it lives, as another user.
  }
}

/** Field 22 of `/proc/<pid>/stat`, among those behind the name. */
const startField = 19

const startOf = (pid: number): string | undefined => statFields(pid)?.[startField]

/** Fields of `/proc/<pid>/stat`, the state first: counted after the name, which may hold spaces and brackets. */
function statFields(pid: number): string[] | undefined {
  const text = readText(`/proc/${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** The process that holds a lock by `fcntl` on the file, as Java's `FileChannel.tryLock` takes it. Linux only. */
function holderOfSystemLock(path: string): string | undefined {
  const file = fs.statSync(path, { throwIfNoEntry: false })
  const table = file && readText('/proc/locks')
  return table ? holderInLockTable(table, file) : undefined
}

/** Rows of `/proc/locks`: `1: POSIX ADVISORY WRITE <pid> <major>:<minor>:<inode> <from> <to>`, device in hex. */
export function holderInLockTable(table: string, { dev, ino }: { dev: number; ino: number }): string | undefined {
  const hex = (value: number): string => value.toString(16).padStart(2, '0')
  const device = `${hex((dev >>> 8) & 0xfff)}:${hex((dev & 0xff) | ((dev >>> 12) & 0xfff00))}`
  const rows = table.split('\n').map((line) => line.trim().split(/\s+/))
  return rows.find((row) => row[1] === 'POSIX' && row[3] === 'WRITE' && row[5] === `${device}:${ino}`)?.[4]
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner = JSON.parse(text) as Partial<Owner> | null
    return owner && Number.isInteger(owner.pid) && owner.pid! > 0 ? (owner as Owner) : undefined
  } catch {
    return undefined
  }
}

function nameOf(owner: Owner | undefined): string {
  if (!owner) return 'another process, which is starting'
  return owner.hostname === os.hostname() ? `process ${owner.pid}` : `process ${owner.pid} on host ${owner.hostname}`
}

function locked(path: string, holder: string): IoError {
  return new IoError('LOCKED', `${path} is in use by ${holder}. Stop it first, or use another folder`)
}

function readText(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function touch(pidPath: string): void {
  const now = new Date()
  fs.utimes(pidPath, now, now, () => {})
}
