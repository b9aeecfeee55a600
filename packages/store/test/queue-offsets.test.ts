import { silentLogger } from '@mq/io'
import { simulate } from '@mq/io/sim'
import { describe, expect, test } from 'vitest'
import { ConsumeQueue } from '../src/consume-queue.js'
import { OpenFiles } from '../src/open-files.js'
import { PageCache } from '../src/page-cache.js'
import { bodies, message, world, type World } from './support.js'

const config = { mappedFileSizeCommitLog: 12_008, mappedFileSizeConsumeQueue: 400 }
const recordBytes = 120
const perFile = 100
const body = (i: number) => `m${i}`.padEnd(10)
const logFile = (record: number) =>
  `/store/commitlog/${String(Math.floor(record / perFile) * config.mappedFileSizeCommitLog).padStart(20, '0')}`
const placeOf = (record: number) =>
  Math.floor(record / perFile) * config.mappedFileSizeCommitLog + (record % perFile) * recordBytes

/** A log without checksums of blocks, as Apache's broker leaves one: nothing but their order speaks for queue offsets. */
async function filled(count: number, logger = silentLogger): Promise<World> {
  const made = await world(config, { checksums: false, logger })
  await append(made, 0, count)
  return made
}

async function append({ sim, store }: World, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const placed = store.append(message(body(i)))
    if (!placed.ok) throw new Error(placed.message)
    expect(placed.commitLogOffset).toBe(placeOf(i))
  }
  await sim.run(50)
}

function setQueueOffset({ machine }: World, record: number, queueOffset: number): void {
  const file = machine.io.disk.open(logFile(record))
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(queueOffset))
  file.write(bytes, (record % perFile) * recordBytes + 20)
  file.close()
}

async function stop({ sim, machine, store }: World, how: 'queues gone' | 'killed'): Promise<void> {
  if (how === 'killed') machine.kill()
  else await sim.settle(store.close())
  const { disk } = machine.restart()
  if (how === 'queues gone') disk.removeTree('/store/consumequeue')
}

const allBut = (count: number, ...spoilt: number[]): string[] =>
  Array.from({ length: count }, (_, i) => body(i)).filter((_, i) => !spoilt.includes(i))

const read = ({ store, sim }: World) => bodies(store, 'TopicTest', 0, sim)

function damages({ machine }: World): unknown[] {
  const bytes = machine.io.disk.readWhole('/store/damaged.json')
  return bytes ? JSON.parse(Buffer.from(bytes).toString()).damages : []
}

const range = (record: number) => ({ from: placeOf(record), to: placeOf(record) + recordBytes })

describe.each(['queues gone', 'killed'] as const)(
  'a record with another queue offset than it was given (%s)',
  (how) => {
    test.each([
      ['lower', 150, 22],
      ['0', 128, 0],
      ['higher', 150, 158],
      ['much higher', 150, 150 + (1 << 20)],
      ['negative', 150, -5],
      ['lower, at the end', 199, 71],
      ['higher, at the end', 199, 207],
    ])('is set aside, all others stay reachable (%s)', async (_, record, queueOffset) => {
      const made = await filled(200)
      await stop(made, how)
      setQueueOffset(made, record, queueOffset)
      await made.restart()
      expect(await read(made)).toEqual(allBut(200, record))
      expect(damages(made)).toMatchObject([range(record)])
      expect(made.store.maxOffset('TopicTest', 0)).toBe(200)
      // It goes on where it should, and the next start sees the same.
      await append(made, 200, 210)
      await made.restart()
      expect(await read(made)).toEqual(allBut(210, record))
      expect(damages(made)).toMatchObject([range(record)])
    })

    test('costs no other when it is the first of a log whose older files are gone', async () => {
      const made = await filled(300)
      await stop(made, how)
      made.machine.io.disk.remove(logFile(0))
      setQueueOffset(made, 100, 116)
      await made.restart()
      expect(await read(made)).toEqual(allBut(300).slice(101))
      expect(made.store.maxOffset('TopicTest', 0)).toBe(300)
    })

    test('two of them leave the others alone', async () => {
      const made = await filled(200)
      await stop(made, how)
      setQueueOffset(made, 150, 22)
      setQueueOffset(made, 151, 663)
      await made.restart()
      expect(await read(made)).toEqual(allBut(200, 150, 151))
      expect(damages(made)).toMatchObject([range(150), range(151)])
    })
  },
)

test('one that was set aside does not make later starts read the whole log', async () => {
  const rebuilt: string[] = []
  const warn = (_data: object, sentence: string) => void (/rebuilt/.test(sentence) && rebuilt.push(sentence))
  const made = await filled(100, { ...silentLogger, warn } as typeof silentLogger)
  await made.sim.run(10_000)
  await append(made, 100, 200)
  await made.sim.run(10_000)
  await append(made, 200, 250)
  // Until a checkpoint is made.
  await made.sim.run(70_000)
  await stop(made, 'killed')
  setQueueOffset(made, 220, 204)
  for (let round = 0; round < 3; round++) {
    await made.restart()
    expect(await read(made)).toEqual(allBut(250, 220))
    expect(damages(made)).toMatchObject([range(220)])
  }
  expect(rebuilt).toEqual([expect.stringContaining('TopicTest queue 0 ends at 220, where the commit log has 204')])
})

test('damage that took many messages leaves a place for each, written in bounded pieces', async () => {
  const { disk } = simulate({ seed: 1 }).host('a').io
  const openFiles = new OpenFiles(disk)
  const sizes: number[] = []
  const get = openFiles.get.bind(openFiles)
  openFiles.get = (path, create) => {
    const file = get(path, create)
    const writePieces = (pieces: readonly Uint8Array[], position: number): void => {
      sizes.push(...pieces.map(({ length }) => length))
      file.writePieces(pieces, position)
    }
    return new Proxy(file, {
      get: (target, name) =>
        name === 'writePieces' ? writePieces : (Reflect.get(target, name) as () => void).bind(target),
    })
  }
  const setting = { disk, openFiles, pages: new PageCache(0), directory: '/queues', fileBytes: 1_000_000 }
  const queue = new ConsumeQueue('TopicTest', 0, setting)
  queue.restore(0, 0, 100, 0, 0)
  queue.restore(300_000, 40_000_000, 100, 0, 0)
  queue.writeOut()
  expect(queue.maxOffset).toBe(300_001)
  expect(queue.entryNow(0)).toEqual({ commitLogOffset: 0, size: 100 })
  expect(queue.entryNow(300_000)).toEqual({ commitLogOffset: 40_000_000, size: 100 })
  for (const offset of [1, 8192, 8193, 49_999, 50_000, 299_999])
    expect(queue.entryNow(offset)).toEqual({ commitLogOffset: 0, size: 0x7fff_ffff })
  expect(Math.max(...sizes)).toBeLessThan(200_000)
})

describe('a queue that starts anew, its topic having been deleted', () => {
  test.each([1, 2, 50])('is the newer one (%i messages in it)', async (count) => {
    const made = await filled(120)
    made.store.cleanUnusedTopics(new Set())
    await append(made, 120, 120 + count)
    await stop(made, 'queues gone')
    await made.restart()
    expect(await read(made)).toEqual(allBut(120 + count).slice(120))
    expect(damages(made)).toEqual([])
  })

  test('more than once', async () => {
    const made = await filled(120)
    for (let i = 120; i < 123; i++) {
      made.store.cleanUnusedTopics(new Set())
      await append(made, i, i + 1)
    }
    await stop(made, 'queues gone')
    await made.restart()
    expect(await read(made)).toEqual([body(122)])
    expect(damages(made)).toEqual([])
  })

  test('whose first messages are damaged', async () => {
    const made = await filled(120)
    made.store.cleanUnusedTopics(new Set())
    await append(made, 120, 123)
    await stop(made, 'queues gone')
    for (const record of [120, 121]) made.machine.damage(logFile(record), (record % perFile) * recordBytes + 90, 1)
    await made.restart()
    expect(await read(made)).toContain(body(122))
    expect(damages(made)).toMatchObject([{ from: placeOf(120), to: placeOf(122) }])
  })
})
