import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isRunning, startOfProcess } from './process-identity.js'

/** The kinds of server that `mqshutdown` knows. */
export type ServerKind = 'broker' | 'namesrv' | 'mq'

/** What a server leaves behind so that `mqshutdown` finds it. It is no lock: the store's folder has one of its own. */
export interface PidFile {
  kind: ServerKind
  pid: number
  /** When the process started; a later process with the same id has another one. */
  started: string | undefined
  /** `host:port`, for people. */
  address: string
}

/** Of this user alone: `$XDG_RUNTIME_DIR/mq`, else `mq-<uid>` in the temporary folder. */
export function runFolder(env: NodeJS.ProcessEnv = process.env): string {
  const runtime = env['XDG_RUNTIME_DIR']
  return runtime ? join(runtime, 'mq') : join(tmpdir(), `mq-${process.getuid?.() ?? 'user'}`)
}

/**
 * Says that this process is a server. Returns the way to take it back. Throws when the folder is not this user's own: somebody
 * else could make `mqshutdown` end any process of ours.
 */
export function writePidFile(kind: ServerKind, address: string, folder = runFolder()): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  requireOwn(folder)
  const path = join(folder, `${kind}-${process.pid}.json`)
  const content: PidFile = { kind, pid: process.pid, started: startOfProcess(process.pid), address }
  rmSync(path, { force: true })
  writeFileSync(path, `${JSON.stringify(content)}\n`, { flag: 'wx', mode: 0o600 })
  return () => rmSync(path, { force: true })
}

/** Servers of a kind that run now. What servers left that were killed is cleared away. */
export function runningServers(kind: ServerKind, folder = runFolder()): PidFile[] {
  const names = namesIn(folder).filter((name) => name.startsWith(`${kind}-`) && name.endsWith('.json'))
  if (names.length > 0) requireOwn(folder)
  return names.flatMap((name) => {
    const path = join(folder, name)
    const file = readPidFile(path)
    if (file !== undefined && isSameProcess(file)) return [file]
    rmSync(path, { force: true })
    return []
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

function readPidFile(path: string): PidFile | undefined {
  try {
    const file = JSON.parse(readFileSync(path, 'utf8')) as Partial<PidFile> | null
    return file !== null && Number.isInteger(file.pid) && file.pid! > 0 ? (file as PidFile) : undefined
  } catch {
    return undefined
  }
}

const isSameProcess = ({ pid, started }: PidFile): boolean => isRunning(pid) && startOfProcess(pid) === started

function requireOwn(folder: string): void {
  const { uid } = lstatSync(folder)
  const mine = process.getuid?.()
  if (mine === undefined || uid === mine) return
  throw new Error(`${folder} belongs to another user (${uid}): set XDG_RUNTIME_DIR to a folder of your own`)
}
