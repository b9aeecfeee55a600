import { describe, expect, test } from 'vitest'
import { dumpStore, repairStore, verifyStore } from '../src/index.js'
import { bodies, message, world, type World } from './support.js'

const config = { mappedFileSizeCommitLog: 4096, mappedFileSizeConsumeQueue: 400, maxHashSlotNum: 10, maxIndexNum: 30 }
const logFile = (start: number) => `/store/commitlog/${String(start).padStart(20, '0')}`
const gone = 4096

/** What lies in the commit log files, by their paths. */
type LogFiles = Map<string, string>

function logFiles({ machine }: World): LogFiles {
  const { disk } = machine.io
  const paths = disk.list('/store/commitlog').map((name) => `/store/commitlog/${name}`)
  return new Map(paths.map((path) => [path, Buffer.from(disk.readWhole(path)!).toString('latin1')]))
}

/** A store whose second commit log file is lost while no process has it, and the messages that were in others. */
async function withoutSecondFile(stop: 'clean' | 'killed'): Promise<World & { left: string[] }> {
  const made = await world(config)
  const left: string[] = []
  for (let i = 0; i < 150; i++) {
    const placed = made.store.append(message(`m${i}`, { queueId: i % 2 }))
    if (!placed.ok) throw new Error(placed.message)
    if (placed.commitLogOffset < gone || placed.commitLogOffset >= 2 * gone) left.push(`m${i}`)
  }
  await made.sim.run(7000)
  if (stop === 'clean') await made.sim.settle(made.store.close())
  else made.machine.kill()
  made.machine.restart().disk.remove(logFile(gone))
  return Object.assign(made, { left })
}

async function readAll({ store, sim }: World): Promise<string[]> {
  const all = [...(await bodies(store, 'TopicTest', 0, sim)), ...(await bodies(store, 'TopicTest', 1, sim))]
  return all.sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
}

const damages = ({ machine }: World): unknown =>
  JSON.parse(Buffer.from(machine.io.disk.readWhole('/store/damaged.json')!).toString()).damages

describe('a commit log file that is missing between others', () => {
  test.each(['clean', 'killed'] as const)('is noted as damage when queues are made anew (%s)', async (stop) => {
    const made = await withoutSecondFile(stop)
    const files = logFiles(made)
    made.machine.io.disk.removeTree('/store/consumequeue')
    await made.restart()
    expect(logFiles(made)).toEqual(files)
    expect(await readAll(made)).toEqual(made.left)
    expect(made.store.maxOffset('TopicTest', 0)).toBe(75)
    const reason = `${logFile(gone)} is missing`
    expect(damages(made)).toEqual([{ from: gone, to: 2 * gone, reason, foundMs: expect.any(Number) }])
    // What comes goes behind the last file, not into the gap.
    for (let i = 150; i < 250; i++) made.store.append(message(`m${i}`, { queueId: i % 2 }))
    await made.sim.run(100)
    await made.restart()
    expect([...logFiles(made).keys()]).toEqual(expect.arrayContaining([...files.keys()]))
    expect(logFiles(made).has(logFile(gone))).toBe(false)
    expect(await readAll(made)).toEqual([...made.left, ...Array.from({ length: 100 }, (_, i) => `m${150 + i}`)])
  })

  test('is noted although no checkpoint knows what was flushed', async () => {
    const made = await withoutSecondFile('killed')
    const files = logFiles(made)
    made.machine.io.disk.remove('/store/checkpoint')
    await made.restart()
    expect(logFiles(made)).toEqual(files)
    expect(await readAll(made)).toEqual(made.left)
    expect(damages(made)).toMatchObject([{ from: gone, to: 2 * gone }])
  })

  test.each(['clean', 'killed'] as const)('costs no other file in a repair (%s)', async (stop) => {
    const made = await withoutSecondFile(stop)
    const files = logFiles(made)
    const repaired = await made.sim.settle(repairStore({ io: made.machine.io, directory: '/store', config }))
    expect(repaired).toMatchObject({ damages: 1 })
    expect(logFiles(made)).toEqual(files)
    await made.restart()
    expect(await readAll(made)).toEqual(made.left)
  })

  test('is passed over by pulls when nothing is made anew, however few messages they ask for', async () => {
    const made = await withoutSecondFile('clean')
    await made.restart()
    expect(await readAll(made)).toEqual(made.left)
    const found: number[] = []
    for (let queueOffset = 0; queueOffset < 75;) {
      const request = { topic: 'TopicTest', queueId: 0, queueOffset, maxMessages: 1 }
      const { nextOffset, messageCount } = await made.sim.settle(Promise.resolve(made.store.get(request)))
      expect(nextOffset).toBeGreaterThan(queueOffset)
      if (messageCount > 0) found.push(nextOffset)
      queueOffset = nextOffset
    }
    expect(found).toHaveLength(made.left.filter((body) => Number(body.slice(1)) % 2 === 0).length)
  })

  test.each(['clean', 'killed'] as const)('is named by verify, and nothing else is (%s)', async (stop) => {
    const made = await withoutSecondFile(stop)
    const { findings } = verifyStore({ disk: made.machine.io.disk, directory: '/store', config })
    expect(findings).toEqual([{ kind: 'commit log', file: logFile(gone), offset: 0, problem: 'the file is missing' }])
  })

  test('is named by verify when it is the last, or not the only one', async () => {
    const made = await withoutSecondFile('clean')
    const { disk } = made.machine.io
    const last = Math.max(...disk.list('/store/commitlog').map(Number))
    for (const start of [2 * gone, last]) disk.remove(logFile(start))
    const { findings } = verifyStore({ disk, directory: '/store', config })
    expect(findings).toMatchObject([
      { file: logFile(gone), problem: `the file is missing, and so is what followed up to ${logFile(3 * gone)}` },
      { file: logFile(last), problem: 'the file is missing, and so is what followed up to the end' },
    ])
  })

  test('is passed over by a dump', async () => {
    const made = await withoutSecondFile('clean')
    const dumped: string[] = []
    dumpStore({ disk: made.machine.io.disk, directory: '/store', config }, ({ body }) => void dumped.push(String(body)))
    expect(dumped).toEqual(made.left)
  })
})
