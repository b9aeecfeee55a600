import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freeBrokerPort, freePort } from '@mq/test-ports'
import type { KillLoopReport } from './kill-loop.js'
import { Load } from './load.js'
import { MqProcess } from './mq-process.js'
import { verify } from './verify.js'

export interface FullDiskOptions {
  concurrency?: number
  onLine?: (line: string) => void
}

const diskMiB = 64
const bodyBytes = 2000
const stepLimitMs = 120_000

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/**
 * A real `mq` on a small file system of its own. Messages fill it until they are refused, then something else takes the rest of it:
 * each time sends are refused with a reason, all that was acknowledged is read, and sends succeed again when there is space. In
 * between `mq` is killed, and started on the full disk and with space. Throws what did not come about.
 */
export async function fullDisk({ concurrency = 32, onLine }: FullDiskOptions): Promise<KillLoopReport> {
  const directory = mkdtempSync(join(tmpdir(), 'mq-full-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m`, 'tmpfs', directory], { stdio: 'pipe' })
  const namesrvPort = await freePort()
  const mq = new MqProcess({ directory, namesrvPort, brokerPort: await freeBrokerPort() })
  const namesrv = `127.0.0.1:${namesrvPort}`
  const load = new Load(namesrv, concurrency, bodyBytes)
  const ballast = join(directory, 'ballast')
  const tell = (what: string): void =>
    onLine?.(`${what}: ${load.acknowledged.size} acknowledged, ${load.failed} failed, ${freeMiB(directory)} MiB free`)
  const checkReads = async (when: string): Promise<void> => {
    const { read, lost, gaps } = await verify(namesrv, load)
    if (lost.length + gaps.length > 0) throw new Error(`${when}: ${[...lost, ...gaps].slice(0, 5).join('; ')}`)
    tell(`${when}, ${read} messages are read`)
  }

  try {
    writeFileSync(ballast, Buffer.alloc((diskMiB << 20) / 2))
    await mq.start()
    await load.start()
    await refused(load)
    tell(`filled by messages, which are refused (${load.lastError})`)
    await checkReads('on the full disk')
    await mq.end('SIGKILL')
    onLine?.(`killed and started on the full disk: ${await startOnFull(mq)}`)
    rmSync(ballast)
    await mq.end('SIGKILL')
    await mq.start()
    await taken(load)
    tell('killed and started with space, messages are taken')
    fill(ballast)
    await refused(load)
    tell(`filled by something else, they are refused (${load.lastError})`)
    await checkReads('with no byte left')
    rmSync(ballast)
    await taken(load)
    tell('with space again, messages are taken')
    await load.stop()
    const verified = await verify(namesrv, load)
    return { ...verified, kills: 1, pauses: 0, sent: load.sent, acknowledged: load.acknowledged.size }
  } finally {
    await mq.end('SIGKILL')
    execFileSync('umount', ['--lazy', directory], { stdio: 'pipe' })
    rmSync(directory, { recursive: true, force: true })
  }
}

const freeMiB = (directory: string): string => {
  const { bavail, bsize } = statfsSync(directory)
  return ((bavail * bsize) / 2 ** 20).toFixed(1)
}

/** Writes until the disk has no room. */
function fill(path: string): void {
  const chunk = Buffer.alloc(64 << 10)
  for (;;) {
    try {
      writeFileSync(path, chunk, { flag: 'a' })
    } catch {
      return
    }
  }
}

/** Recovery may have to write: then there is a sentence that says what to do. */
async function startOnFull(mq: MqProcess): Promise<string> {
  try {
    await mq.start()
    return 'it runs'
  } catch (error) {
    const said = (error as Error).message.split('\n').find((line) => line.startsWith('mq: '))
    if (said?.includes('the disk is full')) return `it says "${said}"`
    throw error
  }
}

/** Resolves when for a second nothing was acknowledged and sends failed, for want of space. */
async function refused(load: Load): Promise<void> {
  await until('sends are refused for want of space', async () => {
    const { acknowledged, failed } = load
    const before = acknowledged.size
    const failedBefore = failed
    await sleep(1000)
    return acknowledged.size === before && load.failed > failedBefore && /disk|space/i.test(load.lastError)
  })
}

async function taken(load: Load): Promise<void> {
  const before = load.acknowledged.size
  await until('sends succeed again', async () => {
    await sleep(200)
    return load.acknowledged.size > before + 100
  })
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + stepLimitMs
  while (!(await holds()))
    if (performance.now() > deadline) throw new Error(`not so within ${stepLimitMs / 1000} s: ${what}`)
}
