import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { holderInLockTable } from '../../src/node/lock.js'
import { nodeIo } from '../../src/node/index.js'

const { disk } = nodeIo()

describe('lock files', () => {
  let folder: string
  let path: string
  let child: ChildProcess | undefined
  beforeEach(() => {
    folder = mkdtempSync(join(os.tmpdir(), 'mq-lock-'))
    path = join(folder, 'lock')
  })
  afterEach(() => {
    child?.kill('SIGKILL')
    child = undefined
    rmSync(folder, { recursive: true, force: true })
  })
  const owned = (owner: object): void => writeFileSync(`${path}.pid`, JSON.stringify(owner))
  const hostname = os.hostname()
  const startOf = (pid: number): string => {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]!
  }
  async function startChild(): Promise<number> {
    child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    await new Promise((resolve) => child!.once('spawn', resolve))
    return child.pid!
  }
  async function endChild(): Promise<void> {
    const gone = new Promise((resolve) => child!.once('exit', resolve))
    child!.kill('SIGKILL')
    await gone
  }

  test('of a process that was killed and has not been waited for are taken', async () => {
    child = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
    const pid = Number(await new Promise((resolve) => child!.stdout!.once('data', resolve)))
    await vi.waitUntil(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '), { timeout: 20_000 })
    owned({ pid, hostname, started: startOf(pid) })
    disk.lock(path).release()
  })

  test('the lock of a living process holds and names it, that of a dead one does not', async () => {
    const pid = await startChild()
    owned({ pid, hostname })
    expect(() => disk.lock(path)).toThrow(`${path} is in use by process ${pid}.`)
    await endChild()
    disk.lock(path).release()
    expect(existsSync(`${path}.pid`)).toBe(false)
  })

  test.skipIf(!existsSync('/proc/self/stat'))(
    'a pid that was given to another process since does not hold (needs /proc)',
    async () => {
      const pid = await startChild()
      owned({ pid, hostname, started: startOf(pid) })
      expect(() => disk.lock(path)).toThrow(expect.objectContaining({ code: 'LOCKED' }))
      owned({ pid, hostname, started: '1' })
      disk.lock(path).release()
    },
  )

  test('our own pid from before a restart, as in a container, does not hold', () => {
    owned({ pid: process.pid, hostname, started: '1' })
    disk.lock(path).release()
  })

  test('a process on another host holds while it touches its file', () => {
    owned({ pid: 1, hostname: 'another-host' })
    expect(() => disk.lock(path)).toThrow(/process 1 on host another-host/)
    const minuteAgo = Date.now() / 1000 - 60
    utimesSync(`${path}.pid`, minuteAgo, minuteAgo)
    disk.lock(path).release()
  })

  test('a lock file cut off by a power loss does not hold for ever', () => {
    writeFileSync(`${path}.pid`, '')
    expect(() => disk.lock(path)).toThrow(/another process, which is starting/)
    const minuteAgo = Date.now() / 1000 - 60
    utimesSync(`${path}.pid`, minuteAgo, minuteAgo)
    disk.lock(path).release()
  })

  test('the file itself is left as it is', () => {
    writeFileSync(path, 'lock')
    const lock = disk.lock(path)
    expect(readFileSync(path, 'utf8')).toBe('lock')
    lock.release()
    expect(readFileSync(path, 'utf8')).toBe('lock')
  })

  test('a lock that a Java broker took by fcntl is found in the table of the system', () => {
    const table = `1: FLOCK  ADVISORY  WRITE 700 fe:00:1234 0 EOF
2: POSIX  ADVISORY  READ  701 fe:00:1234 0 0
3: POSIX  ADVISORY  WRITE 702 fe:01:1234 0 0
4: POSIX  ADVISORY  WRITE 20869 fe:00:1234 0 0
`
    const device = (major: number, minor: number): number => major * 256 + minor
    expect(holderInLockTable(table, { dev: device(0xfe, 0), ino: 1234 })).toBe('20869')
    expect(holderInLockTable(table, { dev: device(0xfe, 1), ino: 1234 })).toBe('702')
    expect(holderInLockTable(table, { dev: device(0xfe, 0), ino: 123 })).toBeUndefined()
  })
})
