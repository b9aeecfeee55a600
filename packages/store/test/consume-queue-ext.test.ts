import type { Disk } from '@mq/io'
import { javaHash } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { repairStore, type StoreConfig, verifyStore } from '../src/index.js'
import type { GetResult } from '../src/message-store.js'
import { bodies, message, put, recordsOf, world, type World } from './support.js'

const config = { mappedFileSizeCommitLog: 4096, mappedFileSizeConsumeQueue: 200 }
/** Room for five units and the mark at the end. */
const extended = { ...config, enableConsumeQueueExt: true, mappedFileSizeConsumeQueueExt: 110 }
const tags = ['red', 'green', 'blue']
const directory = '/store/consumequeue_ext/TopicTest/0'

const tagged = (i: number) => message(`${i}`, { properties: `TAGS\u0001${tags[i % 3]}\u0002` })
const green = (code: number) => code === javaHash('green')

async function fill({ sim, store }: World, from: number, to: number): Promise<void> {
  const sent = Array.from({ length: to - from }, (_, i) => put(store, tagged(from + i)))
  expect(new Set(await sim.settle(Promise.all(sent)))).toEqual(new Set(['OK']))
}

/** Bodies of the messages that a filter by tags lets through. */
async function filtered({ sim, store }: World, matches: (code: number) => boolean): Promise<string[]> {
  const found: string[] = []
  for (let queueOffset = store.minOffset('TopicTest', 0); queueOffset < store.maxOffset('TopicTest', 0);) {
    const answer = store.get({ topic: 'TopicTest', queueId: 0, queueOffset, maxMessages: 32, matches })
    const result: GetResult = answer instanceof Promise ? await sim.settle(answer) : answer
    for (const record of recordsOf(result.pieces)) found.push(record.body.toString())
    queueOffset = result.nextOffset
  }
  return found
}

const greens = (to: number, from = 0) =>
  Array.from({ length: to }, (_, i) => i)
    .filter((i) => i >= from && tags[i % 3] === 'green')
    .map(String)

const codes = async ({ sim, store }: World, from: number, count: number) =>
  (await sim.settle(store.entries('TopicTest', 0, from, count))).map(({ tagsCode }) => tagsCode)
const codesOf = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => javaHash(tags[(from + i) % 3]!))

/** All files of a folder, one after the other. */
const bytesOf = (disk: Disk, path: string) =>
  Buffer.concat(disk.list(path).map((name) => disk.readWhole(`${path}/${name}`)!))

/** Gives the last unit another store time. */
function flipLastUnit(disk: Disk): void {
  const path = `${directory}/${disk.list(directory).at(-1)}`
  const bytes = Buffer.from(disk.readWhole(path)!)
  const last = [80, 60, 40, 20, 0].find((at) => bytes.readInt16BE(at) === 20)!
  bytes[last + 17]! ^= 1
  disk.replaceWhole(path, bytes)
}

const verify = ({ machine }: World, given: Partial<StoreConfig> = config) =>
  verifyStore({ disk: machine.io.disk, directory: '/store', config: given })

const closed = async (made: World) => {
  await made.sim.settle(made.store.close())
  made.machine.restart()
}

test.each([
  [110, 5],
  [104, 5],
  [103, 4],
])(
  'each entry leads to a unit with tags and store time; a file of %i bytes has %i of them',
  async (fileBytes, units) => {
    const made = await world({ ...extended, mappedFileSizeConsumeQueueExt: fileBytes })
    await fill(made, 0, 12)
    await closed(made)
    const { disk } = made.machine.io
    const entries = bytesOf(disk, '/store/consumequeue/TopicTest/0')
    const bytes = bytesOf(disk, directory)
    const log = bytesOf(disk, '/store/commitlog')
    const starts = [0, fileBytes, 2 * fileBytes]
    expect(disk.list(directory)).toEqual(starts.map((start) => String(start).padStart(20, '0')))
    for (let i = 0; i < 12; i++) {
      const address = entries.readBigInt64BE(i * 20 + 12)
      expect(address).toBe(-(2n ** 63n) + BigInt(Math.floor(i / units) * fileBytes + (i % units) * 20))
      const at = Number(address + 2n ** 63n)
      const storeTime = log.readBigInt64BE(Number(entries.readBigInt64BE(i * 20)) + 56)
      expect([bytes.readInt16BE(at), bytes.readBigInt64BE(at + 2), bytes.readBigInt64BE(at + 10)]).toEqual([
        20,
        BigInt(javaHash(tags[i % 3]!)),
        storeTime,
      ])
      expect(bytes.readInt16BE(at + 18)).toBe(0)
    }
    expect(starts.slice(1).map((start) => bytes.readInt16BE(start - fileBytes + units * 20))).toEqual([-1, -1])
    expect(bytes.subarray(2 * fileBytes + (12 - 2 * units) * 20).every((byte) => byte === 0)).toBe(true)
  },
)

describe('a filter by tags', () => {
  test('works on what is in memory, without waiting, and on what comes from the disk', async () => {
    const made = await world(extended)
    await fill(made, 0, 700)
    const answer = made.store.get({ topic: 'TopicTest', queueId: 0, queueOffset: 690, maxMessages: 32, matches: green })
    expect(answer).not.toBeInstanceOf(Promise)
    expect(await filtered(made, green)).toEqual(greens(700))
    await closed(made)
    await made.restart()
    expect(await filtered(made, green)).toEqual(greens(700))
    expect(await codes(made, 0, 700)).toEqual(codesOf(0, 700))
    await fill(made, 700, 720)
    expect(await filtered(made, green)).toEqual(greens(720))
  })

  test('reads the units of many entries at once', async () => {
    let reads = 0
    const counted = {
      diskError: (_h: string, call: string, path: string) => void (call === 'read' && path.includes('_ext') && reads++),
    }
    const large = { mappedFileSizeConsumeQueueExt: 100_000, mappedFileSizeConsumeQueue: 100_000 }
    const made = await world({ ...extended, ...large }, { sim: { faults: counted } })
    await fill(made, 0, 2000)
    await closed(made)
    reads = 0
    await made.restart()
    expect(await filtered(made, green)).toEqual(greens(2000))
    // 40,000 bytes; one read is for the end of the files, at the start.
    expect(reads).toBeGreaterThan(1)
    expect(reads).toBeLessThan(6)
  })

  test('lets through what is lost of them; entries take it from the records', async () => {
    const made = await world(extended)
    await fill(made, 0, 30)
    await closed(made)
    const { disk } = made.machine.io
    disk.replaceWhole(`${directory}/${'110'.padStart(20, '0')}`, Buffer.alloc(110))
    disk.remove(`${directory}/${'220'.padStart(20, '0')}`)
    await made.restart()
    const lost = Array.from({ length: 10 }, (_, i) => String(5 + i))
    expect(await filtered(made, green)).toEqual([...greens(5), ...lost, ...greens(30, 15)])
    expect(await codes(made, 0, 30)).toEqual(codesOf(0, 30))
  })

  test('delayed messages keep the time they are due', async () => {
    const made = await world(extended)
    const delayed = message('later', { topic: 'SCHEDULE_TOPIC_XXXX', queueId: 2, properties: 'DELAY\u00013\u0002' })
    const due = made.machine.io.clock.now() + 10_000
    await made.sim.settle(put(made.store, delayed))
    for (let round = 0; round < 2; round++) {
      const [entry] = await made.sim.settle(made.store.entries('SCHEDULE_TOPIC_XXXX', 2, 0, 1))
      expect(entry!.tagsCode).toBe(due)
      await closed(made)
      await made.restart()
    }
  })
})

describe('recovery', () => {
  test.each(Array.from({ length: 12 }, (_, seed) => seed))(
    'leaves after a power loss what the log says, byte for byte (seed %i)',
    async (seed) => {
      const survivors = [0, 50, 90][seed % 3]!
      const made = await world(
        { ...extended, flushIntervalConsumeQueue: 7, flushConsumeQueueThoroughInterval: 17 },
        { sim: { seed, faults: { survives: (_h, _p, _s, random) => random.below(100) < survivors } } },
      )
      let count = 0
      for (let round = 0; round < 3; round++) {
        for (let i = 0; i < 5; i++) {
          await fill(made, count, count + 7)
          count += 7
          await made.sim.run(3 + (seed % 9))
        }
        made.machine.kill({ losePower: true })
        made.machine.restart()
        expect(verify(made).findings).toEqual([])
        await made.restart()
        expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(
          Array.from({ length: count }, (_, i) => `${i}`),
        )
        expect(await filtered(made, green)).toEqual(greens(count))
      }
      await closed(made)
      expect(verify(made).findings).toEqual([])
      const { io } = made.machine
      const before = bytesOf(io.disk, directory)
      await made.sim.settle(repairStore({ io, directory: '/store', config }))
      expect(bytesOf(io.disk, directory).equals(before)).toBe(true)
    },
  )

  test('a checkpoint makes units last through a power loss', async () => {
    const made = await world(
      { ...extended, flushConsumeQueueThoroughInterval: 1500 },
      { sim: { faults: { survives: () => false } } },
    )
    await fill(made, 0, 33)
    await made.sim.run(2000)
    const before = bytesOf(made.machine.io.disk, directory)
    expect(before.length).toBe(7 * 110)
    made.machine.kill({ losePower: true })
    expect(bytesOf(made.machine.restart().disk, directory).equals(before)).toBe(true)
  })

  test('nothing is left of units whose messages the log lost', async () => {
    const made = await world(
      { ...extended, flushDiskType: 'ASYNC_FLUSH', flushIntervalCommitLog: 60_000, flushIntervalConsumeQueue: 5 },
      { sim: { faults: { survives: (_host, path) => path.includes('consumequeue'), namesSurvive: () => true } } },
    )
    await fill(made, 0, 30)
    await made.sim.run(50)
    made.machine.kill({ losePower: true })
    expect(bytesOf(made.machine.restart().disk, directory).readInt16BE(0)).toBe(20)
    await made.restart()
    expect(made.store.maxOffset('TopicTest', 0)).toBe(0)
    await fill(made, 0, 4)
    await closed(made)
    expect(
      bytesOf(made.machine.io.disk, directory)
        .subarray(80)
        .every((byte) => byte === 0),
    ).toBe(true)
    expect(verify(made).findings).toEqual([])
  })

  test.each([
    ['all extension files', true, (disk: Disk) => disk.removeTree('/store/consumequeue_ext')],
    ['the last extension file', true, (disk: Disk) => disk.remove(`${directory}/${disk.list(directory).at(-1)}`)],
    ['all extension files', false, (disk: Disk) => disk.removeTree('/store/consumequeue_ext')],
    ['a unit of the last message', true, (disk: Disk) => flipLastUnit(disk)],
    ['all consume queues', true, (disk: Disk) => disk.removeTree('/store/consumequeue')],
  ])('makes them anew from the log without %s (stopped in order: %s)', async (_what, clean, spoil) => {
    const made = await world({ ...extended, flushConsumeQueueThoroughInterval: 50 })
    // Recovery begins behind a checkpoint, which is some seconds before the last message.
    for (let i = 0; i < 100; i += 25) {
      await fill(made, i, i + 25)
      await made.sim.run(5000)
    }
    const { disk } = made.machine.io
    if (clean) await closed(made)
    else made.machine.kill()
    const before = bytesOf(disk, directory)
    spoil(made.machine.restart().disk)
    await made.restart()
    await closed(made)
    expect(bytesOf(disk, directory).equals(before)).toBe(true)
    expect(verify(made).findings).toEqual([])
  })

  test('repair makes what is spoilt anew, as large as it was', async () => {
    const made = await world(extended)
    await fill(made, 0, 33)
    await closed(made)
    const { io } = made.machine
    const before = bytesOf(io.disk, directory)
    io.disk.replaceWhole(`${directory}/${'0'.repeat(20)}`, Buffer.alloc(110, 0x55))
    expect(verify(made).findings.length).toBeGreaterThan(0)
    await made.sim.settle(repairStore({ io, directory: '/store', config }))
    expect(bytesOf(io.disk, directory).equals(before)).toBe(true)
    expect(verify(made).findings).toEqual([])
  })
})

describe('enableConsumeQueueExt changed', () => {
  test('switched on, what comes has units and what was there is as it was; switched off, all is plain again', async () => {
    const made = await world(config)
    await fill(made, 0, 20)
    await closed(made)
    await made.restart({ config: extended })
    expect(made.machine.io.disk.list(directory)).toEqual([])
    await fill(made, 20, 40)
    for (let round = 0; round < 2; round++) {
      expect(await filtered(made, green)).toEqual(greens(40))
      expect(await codes(made, 0, 40)).toEqual(codesOf(0, 40))
      await closed(made)
      expect(verify(made).findings).toEqual([])
      expect(bytesOf(made.machine.io.disk, directory).length).toBe(4 * 110)
      await made.restart({ config: extended })
    }
    await closed(made)
    await made.restart({ config })
    expect(made.machine.io.disk.exists('/store/consumequeue_ext')).toBe(false)
    expect(await filtered(made, green)).toEqual(greens(40))
    await closed(made)
    expect(verify(made).findings).toEqual([])
  })

  test('plain entries behind units, as Apache leaves them: units go on behind the last', async () => {
    const made = await world(extended)
    await fill(made, 0, 7)
    await closed(made)
    const units = bytesOf(made.machine.io.disk, directory)
    const path = `/store/consumequeue/TopicTest/0/${'0'.repeat(20)}`
    const entries = Buffer.from(made.machine.io.disk.readWhole(path)!)
    entries.writeBigInt64BE(BigInt(javaHash('red')), 6 * 20 + 12)
    made.machine.io.disk.replaceWhole(path, entries)
    await made.restart()
    await fill(made, 7, 9)
    expect(await filtered(made, green)).toEqual(greens(9))
    await closed(made)
    const after = bytesOf(made.machine.io.disk, directory)
    expect(after.subarray(0, 150).equals(units.subarray(0, 150))).toBe(true)
    expect([150, 170].map((at) => after.readInt16BE(at))).toEqual([20, 20])
    expect(verify(made).findings).toEqual([])
  })

  test('a folder with files of another size is refused with the key', async () => {
    const made = await world(extended)
    await fill(made, 0, 3)
    await closed(made)
    await expect(made.restart({ config: { ...extended, mappedFileSizeConsumeQueueExt: 200 } })).rejects.toThrow(
      'mappedFileSizeConsumeQueueExt',
    )
  })
})

test('extension files go with the messages in front, and with their topic', async () => {
  const deleteWhen = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0')).join(';')
  const made = await world({ ...extended, deleteCommitLogFilesInterval: 1, fileReservedTime: 3, deleteWhen })
  await fill(made, 0, 150)
  await made.sim.run(2 * 3_600_000)
  await fill(made, 150, 300)
  await made.sim.run(1.5 * 3_600_000)
  const min = made.store.minOffset('TopicTest', 0)
  expect(min).toBeGreaterThan(30)
  expect(min).toBeLessThanOrEqual(150)
  const { disk } = made.machine.io
  expect(disk.list(directory)[0]).toBe(String(Math.floor(min / 5) * 110).padStart(20, '0'))
  expect(await filtered(made, green)).toEqual(greens(300, min))
  await closed(made)
  expect(verify(made).findings).toEqual([])
  await made.restart()
  expect(await filtered(made, green)).toEqual(greens(300, min))
  expect(made.store.cleanUnusedTopics(new Set())).toEqual(['TopicTest'])
  expect(disk.list('/store/consumequeue_ext')).toEqual([])
})

test('a write of units that fails is made good by the next', async () => {
  let failing = true
  const made = await world(
    { ...extended, flushConsumeQueueThoroughInterval: 500 },
    {
      sim: {
        faults: {
          diskError: (_h, call, path) =>
            failing && call === 'write' && path.includes('_ext') ? 'NO_SPACE' : undefined,
        },
      },
    },
  )
  await fill(made, 0, 12)
  await made.sim.run(3000)
  expect(made.machine.io.disk.list('/store/consumequeue')).toEqual([])
  failing = false
  await made.sim.run(3000)
  await closed(made)
  expect(made.machine.io.disk.exists('/store/abort')).toBe(false)
  expect(verify(made)).toMatchObject({ records: 12, findings: [] })
})
