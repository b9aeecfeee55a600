import { silentLogger, type Io } from '@mq/io'
import { describe, expect, test } from 'vitest'
import { verifyStore } from '../src/tools/verify-store.js'
import { bodies, message, put, world, type World } from './support.js'

const small = { mappedFileSizeCommitLog: 4096, mappedFileSizeConsumeQueue: 200 }

/** Sends without pause and notes what was acknowledged, until the machine is killed. */
function flood({ sim, machine, store }: World, acknowledged: string[], sent: string[]): void {
  const { clock, random } = machine.io
  clock.every(1, () => {
    for (let i = random.below(5); i >= 0; i--) {
      const body = `${sent.length} ${'x'.repeat(random.below(700))}`
      const result = store.append(message(body))
      if (!result.ok) continue
      sent.push(body)
      store.whenAcknowledged(result.endOffset, true, (status) => void (status === 'OK' && acknowledged.push(body)))
    }
  })
  void sim
}

/** A file as it is, and with the bytes changed. */
function edit(io: Io, path: string, change: (bytes: Uint8Array) => void): void {
  const file = io.disk.open(path)
  const bytes = new Uint8Array(file.size())
  file.readNow(bytes, 0)
  change(bytes)
  file.write(bytes, 0)
  file.close()
}

const logFile = (start: number) => `/store/commitlog/${String(start).padStart(20, '0')}`

describe('power loss', () => {
  test.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'keeps what was acknowledged, offsets dense, whatever sectors survive (seed %i)',
    async (seed) => {
      const survivors = [0, 50, 90][seed % 3]!
      const config = {
        ...small,
        mappedFileSizeCommitLog: seed % 2 ? 4096 : 65_536,
        flushConsumeQueueThoroughInterval: 17,
      }
      const made = await world(config, {
        sim: { seed, faults: { survives: (_host, _path, _sector, random) => random.below(100) < survivors } },
      })
      const acknowledged: string[] = []
      const everSent: string[] = []
      for (let round = 0; round < 3; round++) {
        flood(made, acknowledged, everSent)
        await made.sim.run(20 + 13 * (seed % 7))
        await made.restart({ losePower: true })
        const found = await bodies(made.store, 'TopicTest', 0, made.sim)
        expect(found.length).toBe(made.store.maxOffset('TopicTest', 0))
        // In order, nothing acknowledged missing, nothing invented, nothing twice.
        expect(new Set(found).size).toBe(found.length)
        const known = new Set(everSent)
        expect(found.every((body) => known.has(body))).toBe(true)
        const kept = new Set(found)
        expect(acknowledged.filter((body) => !kept.has(body))).toEqual([])
        // What was not kept is gone for good.
        everSent.splice(0, everSent.length, ...found)
      }
      expect(await made.sim.settle(put(made.store, message('after')))).toBe('OK')
      // Nor is anything taken for damaged that is not, killed or left in order.
      made.machine.kill({ losePower: true })
      const check = () => verifyStore({ disk: made.machine.restart().disk, directory: '/store', config }).findings
      expect(check()).toEqual([])
      await made.restart()
      await made.sim.settle(made.store.close())
      expect(check()).toEqual([])
      expect(made.machine.io.disk.exists('/store/damaged.json')).toBe(false)
    },
  )

  test('takes the messages only flushed ones are visible: none that was read is lost', async () => {
    const made = await world(small)
    let seen = 0
    made.store.onArrival((arrivals) => void (seen += arrivals.length))
    flood(made, [], [])
    await made.sim.run(30)
    const before = made.store.maxOffset('TopicTest', 0)
    expect(before).toBe(seen)
    expect(before).toBeGreaterThan(0)
    await made.restart({ losePower: true })
    expect(made.store.maxOffset('TopicTest', 0)).toBeGreaterThanOrEqual(before)
  })
})

describe('the checkpoint', () => {
  test('is there after the first power loss: what it says tells damage from a torn tail', async () => {
    const made = await world({ ...small, flushConsumeQueueThoroughInterval: 1000 })
    for (let i = 0; i < 10; i++) await made.sim.settle(put(made.store, message(`m${i}`)))
    await made.sim.run(2000)
    made.machine.kill({ losePower: true })
    made.machine.damage(logFile(0), 88, 1)
    await made.restart()
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(Array.from({ length: 9 }, (_, i) => `m${i + 1}`))
  })
})

describe('kill without power loss', () => {
  test.each(['SYNC_FLUSH', 'ASYNC_FLUSH'])('%s: nothing acknowledged is lost', async (flushDiskType: any) => {
    const made = await world({ ...small, flushDiskType })
    const acknowledged: string[] = []
    flood(made, acknowledged, [])
    await made.sim.run(137)
    await made.restart()
    const found = await bodies(made.store, 'TopicTest', 0, made.sim)
    expect(acknowledged.length).toBeGreaterThan(50)
    expect(found.slice(0, acknowledged.length)).toEqual(acknowledged)
  })
})

describe('torn tails', () => {
  async function killedWith(count: number): Promise<World & { sent: string[]; ends: number[] }> {
    const made = await world({ mappedFileSizeCommitLog: 1 << 20 })
    const sent = Array.from({ length: count }, (_, i) => `message ${i} ${'y'.repeat(40)}`)
    const ends: number[] = []
    for (const body of sent) {
      await made.sim.settle(put(made.store, message(body)))
      ends.push(made.store.stats().commitLogMaxOffset)
    }
    made.machine.kill()
    return { ...made, sent, ends }
  }

  test('the last record cut at every byte: it goes, the rest stays', async () => {
    const made = await killedWith(3)
    const [, start, end] = made.ends as [number, number, number]
    for (let cut = start; cut < end; cut += 1) {
      const io = made.machine.restart()
      // Bytes from `cut` on never reached the disk. One that is zero anyway makes no difference.
      let changed = false
      edit(io, logFile(0), (bytes) => {
        changed = bytes.subarray(cut, end).some((byte) => byte !== 0)
        bytes.fill(0, cut, end)
      })
      const store = await made.restart()
      expect([cut, await bodies(store, 'TopicTest', 0, made.sim)]).toEqual([cut, made.sent.slice(0, changed ? 2 : 3)])
      if (!changed) continue
      await made.sim.settle(put(store, message(made.sent[2]!)))
      made.machine.kill()
    }
  }, 60_000)

  test('garbage behind the end', async () => {
    const made = await killedWith(3)
    const end = made.ends.at(-1)!
    edit(made.machine.restart(), logFile(0), (bytes) => bytes.fill(0xa7, end, end + 5000))
    const store = await made.restart()
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(made.sent)
  })

  test('records behind a torn one never come back, not even when shorter ones are written in front of them', async () => {
    const made = await killedWith(6)
    const io = made.machine.restart()
    // The checkpoint knows nothing of them, so they count as not flushed.
    edit(io, logFile(0), (bytes) => bytes.fill(0, made.ends[1]!, made.ends[1]! + 60))
    let store = await made.restart()
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(made.sent.slice(0, 2))
    await made.sim.settle(put(store, message(made.sent[2]!)))
    store = await made.restart()
    expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual(made.sent.slice(0, 3))
    expect(store.stats().commitLogMaxOffset).toBe(made.ends[2])
  })

  test.each([
    ['in the body', 20 + 88, 'the checksum of its body is wrong'],
    ['in the size', 20 + 2, 'its parts make'],
    ['in the magic', 20 + 5, 'no record starts there'],
  ])(
    'damage below what is known to be flushed (%s) is noted, left alone, and its neighbours are served',
    async (_, at, why) => {
      const logged: string[] = []
      const error = (_data: object, sentence: string) => void logged.push(sentence)
      const logger = { ...silentLogger, error } as typeof silentLogger
      const made = await world({ mappedFileSizeCommitLog: 1 << 20 }, { logger })
      const ends: number[] = []
      for (let i = 0; i < 10; i++) {
        await made.sim.settle(put(made.store, message(`m${i}`)))
        ends.push(made.store.stats().commitLogMaxOffset)
        await made.sim.run(7000)
      }
      made.machine.kill()
      const spoilt = ends[1]! + at - 20
      let left: number | undefined
      edit(made.machine.restart(), logFile(0), (bytes) => void (left = bytes[spoilt]! ^= 0x10))
      const others = ['m0', 'm1', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9']
      for (let round = 0; round < 2; round++) {
        const store = await made.restart()
        expect(await bodies(store, 'TopicTest', 0, made.sim)).toEqual([...others, ...['more', 'again'].slice(0, round)])
        expect(store.maxOffset('TopicTest', 0)).toBe(10 + round)
        expect(await made.sim.settle(put(store, message(['more', 'again'][round]!)))).toBe('OK')
        const note = JSON.parse(Buffer.from(made.machine.io.disk.readWhole('/store/damaged.json')!).toString())
        expect(note.damages).toMatchObject([{ from: ends[1], to: ends[2], reason: expect.stringContaining(why) }])
        made.machine.kill()
        expect(made.machine.restart().disk.readWhole(logFile(0))![spoilt]).toBe(left)
      }
      const told = logged.filter((sentence) => sentence.includes('is damaged'))
      expect(told).toEqual([expect.stringContaining(`${logFile(0)} at byte ${ends[1]} is damaged`)])
    },
  )

  test('a record that came damaged from the disk is never served, the others are', async () => {
    const made = await world({ mappedFileSizeCommitLog: 1 << 20 })
    for (let i = 0; i < 10; i++) await made.sim.settle(put(made.store, message(`m${i}`)))
    const end = made.store.stats().commitLogMaxOffset
    await made.sim.settle(made.store.close())
    edit(made.machine.restart(), logFile(0), (bytes) => void (bytes[4 * (end / 10) + 88]! ^= 1))
    const store = await made.restart()
    const get = (queueOffset: number, maxMessages: number) =>
      made.sim.settle(Promise.resolve(store.get({ topic: 'TopicTest', queueId: 0, queueOffset, maxMessages })))
    expect(await get(0, 32)).toMatchObject({ status: 'FOUND', messageCount: 9, nextOffset: 10 })
    const { status, messageCount, nextOffset } = await get(4, 1)
    expect([status, messageCount, nextOffset]).toEqual(['FOUND', 1, 6])
  })
})

describe('consume queues', () => {
  async function filled(): Promise<World> {
    const made = await world(small)
    for (let i = 0; i < 120; i++) {
      made.store.append(message(`m${i}`, { topic: `Topic${i % 3}`, queueId: i % 2 }))
      if (i % 10 === 0) await made.sim.run(5)
    }
    await made.sim.run(3000)
    return made
  }

  async function everything(made: World): Promise<unknown> {
    const all: unknown[] = []
    for (const [topic, ids] of [...made.store.queues()].sort())
      for (const id of ids) all.push([topic, id, await bodies(made.store, topic, id, made.sim)])
    return all
  }

  test.each([
    ['all of them', 'clean', (io: Io) => io.disk.removeTree('/store/consumequeue')],
    ['all of them', 'killed', (io: Io) => io.disk.removeTree('/store/consumequeue')],
    ['one topic', 'clean', (io: Io) => io.disk.removeTree('/store/consumequeue/Topic1')],
    ['one topic', 'killed', (io: Io) => io.disk.removeTree('/store/consumequeue/Topic1')],
    ['the last file', 'clean', (io: Io) => io.disk.remove('/store/consumequeue/Topic2/0/00000000000000000200')],
    ['the checkpoint', 'clean', (io: Io) => io.disk.remove('/store/checkpoint')],
    ['the checkpoint', 'killed', (io: Io) => io.disk.remove('/store/checkpoint')],
  ])('%s deleted after a %s stop: all is there again', async (_what, stop, remove) => {
    const made = await filled()
    const before = await everything(made)
    if (stop === 'clean') await made.sim.settle(made.store.close())
    else made.machine.kill()
    remove(made.machine.restart())
    await made.restart()
    expect(await everything(made)).toEqual(before)
    await made.sim.settle(put(made.store, message('more', { topic: 'Topic1', queueId: 1 })))
    expect(made.store.maxOffset('Topic1', 1)).toBe(21)
  })

  test('rebuilt at a start after an orderly stop, they survive a power loss right after it', async () => {
    const made = await filled()
    const before = await everything(made)
    await made.sim.settle(made.store.close())
    made.machine.restart().disk.removeTree('/store/consumequeue')
    await made.restart()
    await made.restart({ losePower: true })
    expect(await everything(made)).toEqual(before)
  })

  test('entries that lead elsewhere are found and made anew', async () => {
    const made = await filled()
    const before = await everything(made)
    await made.sim.settle(made.store.close())
    edit(made.machine.restart(), '/store/consumequeue/Topic0/0/00000000000000000200', (bytes) =>
      bytes.copyWithin(180, 0, 20),
    )
    await made.restart()
    expect(await everything(made)).toEqual(before)
  })

  test('a topic that was deleted, and made again, starts at 0', async () => {
    const made = await filled()
    expect(made.store.cleanUnusedTopics(new Set(['Topic0', 'Topic2']))).toEqual(['Topic1'])
    expect(made.store.minOffset('Topic1', 0)).toBe(-1)
    await made.sim.settle(put(made.store, message('anew', { topic: 'Topic1' })))
    expect(await bodies(made.store, 'Topic1', 0)).toEqual(['anew'])
    await made.sim.settle(made.store.close())
    await made.restart()
    expect(await bodies(made.store, 'Topic1', 0, made.sim)).toEqual(['anew'])
    made.machine.kill()
    made.machine.restart().disk.removeTree('/store/consumequeue')
    await made.restart()
    expect(await bodies(made.store, 'Topic1', 0, made.sim)).toEqual(['anew'])
  })
})

test('a start after an orderly stop does not read the log', async () => {
  const made = await world({ mappedFileSizeCommitLog: 1 << 20 })
  for (let i = 0; i < 2000; i++) made.store.append(message(Buffer.alloc(400)))
  await made.sim.settle(put(made.store, message('last')))
  await made.sim.settle(made.store.close())
  const io = made.machine.restart()
  expect(io.disk.exists('/store/abort')).toBe(false)
  // Destroyed records that nothing has to read are not noticed.
  edit(io, logFile(0), (bytes) => bytes.fill(0x55, 1000, 50_000))
  const store = await made.restart()
  expect(store.maxOffset('TopicTest', 0)).toBe(2001)
})

test('a folder in use, a folder of other sizes and a RocksDB folder are refused with a sentence', async () => {
  const made = await world(small)
  const other = await import('../src/file-store.js')
  const second = other.createFileStore({
    io: made.machine.io,
    directory: '/store',
    storeHost: { host: '127.0.0.1', port: 1 },
  })
  await expect(second.start()).rejects.toMatchObject({ code: 'IN_USE' })
  for (let i = 0; i < 100; i++) made.store.append(message(`m${i}`))
  await made.sim.settle(made.store.close())
  await expect(made.restart({ config: {} })).rejects.toMatchObject({
    code: 'FORMAT',
    message: expect.stringContaining('mappedFileSizeCommitLog'),
  })
  made.machine.restart().disk.open('/store/consumequeue/CURRENT', { create: true })
  await expect(made.restart()).rejects.toMatchObject({ code: 'FORMAT', message: expect.stringContaining('RocksDB') })
})
