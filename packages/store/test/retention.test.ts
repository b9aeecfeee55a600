import { type Io, IoError, silentLogger } from '@mq/io'
import { describe, expect, test } from 'vitest'
import { type MessageStore, verifyStore } from '../src/index.js'
import { createFileStore } from '../src/file-store.js'
import { bodies, host, message, put, watchedDisk, world } from './support.js'

const small = { mappedFileSizeCommitLog: 4096, mappedFileSizeConsumeQueue: 200, deleteCommitLogFilesInterval: 1 }
const hourMs = 3_600_000
const hours = Array.from({ length: 24 }, (_, i) => i).join(';')
const day = Date.UTC(2024, 0, 1)
/** Hours of deletion go by local time, whatever it is here. */
const localHour = (ms: number) => new Date(ms).getHours()

describe('old files', () => {
  test('go in the hour of deletion, when they are old enough; offsets follow', async () => {
    const start = day + ((26 - localHour(day)) % 24) * hourMs
    const made = await world({ ...small, fileReservedTime: 10, deleteWhen: '04' }, { sim: { startMs: start } })
    for (let i = 0; i < 100; i++) await made.sim.settle(put(made.store, message(`old ${i} ${'x'.repeat(100)}`)))
    await made.sim.run(24 * hourMs)
    // At 04 they were 2 hours old; the next 04 comes after this.
    expect(made.store.minOffset('TopicTest', 0)).toBe(0)
    for (let i = 0; i < 30; i++) await made.sim.settle(put(made.store, message(`new ${i} ${'x'.repeat(100)}`)))
    await made.sim.run(4 * hourMs)
    const min = made.store.minOffset('TopicTest', 0)
    expect(min).toBeGreaterThan(80)
    expect(min).toBeLessThanOrEqual(100)
    const { commitLogMinOffset } = made.store.stats()
    expect(commitLogMinOffset % 4096).toBe(0)
    expect(commitLogMinOffset).toBeGreaterThan(0)
    const get = (queueOffset: number) =>
      made.store.get({ topic: 'TopicTest', queueId: 0, queueOffset, maxMessages: 32 })
    expect(await get(0)).toMatchObject({ status: 'OFFSET_TOO_SMALL', nextOffset: min })
    expect(await get(9999)).toMatchObject({ status: 'OFFSET_OVERFLOW_BADLY', nextOffset: 130 })
    expect((await bodies(made.store, 'TopicTest', 0, made.sim)).at(-1)).toMatch(/^new 29/)
    expect(made.machine.io.disk.list('/store/consumequeue/TopicTest/0')[0]).not.toBe('0'.repeat(20))
    await made.sim.settle(made.store.close())
    await made.restart()
    expect(made.store.minOffset('TopicTest', 0)).toBe(min)
    made.machine.kill()
    made.machine.restart().disk.removeTree('/store/consumequeue')
    await made.restart()
    expect([made.store.minOffset('TopicTest', 0), made.store.maxOffset('TopicTest', 0)]).toEqual([min, 130])
  })

  test.each([
    ['old files', (store: MessageStore) => store.cleanExpired()],
    ['unused topics', async (store: MessageStore) => void store.cleanUnusedTopics(new Set(['TopicTest']))],
  ])('that go (%s) are not missed after a kill, nor is what was not on the disk yet', async (_, clean) => {
    const sentences: string[] = []
    const warn = (_data: object, sentence: string) => void sentences.push(sentence)
    const config = { ...small, maxHashSlotNum: 10, maxIndexNum: 30, fileReservedTime: 0, deleteWhen: hours }
    const made = await world(config, { logger: { ...silentLogger, warn } as typeof silentLogger })
    const send = (i: number, topic: string) =>
      made.sim.settle(put(made.store, message(`${i}`, { topic, properties: `KEYS\u0001k${i}\u0002` })))
    for (let i = 0; i < 200; i++) await send(i, i % 2 === 0 ? 'TopicTest' : 'TopicOld')
    // Until a checkpoint is made.
    await made.sim.run(61_000)
    for (let i = 200; i < 400; i++) await send(i, i % 2 === 0 ? 'TopicNew' : `TopicNew${i % 10}`)
    // In the index, but not synced; the entries of the last are in memory alone.
    await made.sim.run(100)
    await send(400, 'TopicNewest')
    await made.sim.settle(clean(made.store))
    expect(made.store.stats().commitLogMinOffset > 0 || !made.store.queues().has('TopicOld')).toBe(true)
    made.machine.kill({ losePower: true })
    expect(verifyStore({ disk: made.machine.restart().disk, directory: '/store', config }).findings).toEqual([])
    await made.restart()
    expect(sentences.filter((each) => each.includes('rebuilt'))).toEqual([])
    expect(await bodies(made.store, 'TopicNewest', 0, made.sim)).toEqual(['400'])
  })

  test('unused topics whose removal was broken off are not missed at the next start', async () => {
    const sentences: string[] = []
    const warn = (_data: object, sentence: string) => void sentences.push(sentence)
    const made = await world(small)
    for (const topic of ['TopicTest', 'TopicOld', 'TopicOlder'])
      await made.sim.settle(put(made.store, message('x', { topic })))
    await made.sim.settle(made.store.close())
    const io = made.machine.restart()
    let removed = 0
    const failing = watchedDisk(io, (name, [path]) => {
      if (name === 'removeTree' && /TopicOlder$/.test(path as string) && removed++ > 0)
        throw new IoError('IO_FAILED', 'broken off')
      if (name === 'removeTree' && /TopicOld$/.test(path as string)) removed++
    })
    const open = async (given: Io) => {
      const logger = { ...silentLogger, warn } as typeof silentLogger
      const store = createFileStore({ io: given, directory: '/store', storeHost: host, config: small, logger })
      await made.sim.settle(store.start())
      return store
    }
    const store = await open(failing)
    expect(() => store.cleanUnusedTopics(new Set(['TopicTest']))).toThrow('broken off')
    made.machine.kill()
    const again = await open(made.machine.restart())
    expect(sentences.filter((each) => each.includes('rebuilt'))).toEqual([])
    expect(await bodies(again, 'TopicTest', 0, made.sim)).toEqual(['x'])
  })

  test('stay when they are not old, whatever the hour', async () => {
    const made = await world({ ...small, fileReservedTime: 1000 })
    for (let i = 0; i < 100; i++) await made.sim.settle(put(made.store, message('x'.repeat(100))))
    await made.sim.run(48 * hourMs)
    expect(made.store.minOffset('TopicTest', 0)).toBe(0)
  })
})

describe('a disk that fills up', () => {
  test('oldest files go by force, the newest stays', async () => {
    const made = await world({ ...small, mappedFileSizeConsumeQueue: 100_000 }, { diskBytes: 400_000 })
    for (let i = 0; i < 1120; i++) await made.sim.settle(put(made.store, message('x'.repeat(200))))
    expect(made.store.stats().diskUsedRatio).toBeGreaterThan(0.85)
    await made.sim.run(120_000)
    expect(made.store.stats().diskUsedRatio).toBeLessThan(0.86)
    expect(made.store.stats().commitLogMinOffset).toBeGreaterThan(0)
    expect(made.store.refusal).toBeUndefined()
    expect((await bodies(made.store, 'TopicTest', 0, made.sim)).length).toBeGreaterThan(100)
  })

  test.each([
    ['diskSpaceCleanForciblyRatio', { diskSpaceCleanForciblyRatio: 85 }],
    ['diskMinFreeSpaceBytes', { diskSpaceCleanForciblyRatio: 100, diskMinFreeSpaceBytes: 60_000 }],
  ])(
    'files that are not old go by %s, unless cleanFileForciblyEnable=false; the log says by which rule',
    async (rule, given) => {
      for (const cleanFileForciblyEnable of [true, false]) {
        const logged: string[] = []
        const info = (_: object, sentence: string) => void logged.push(sentence)
        const made = await world(
          {
            ...small,
            mappedFileSizeConsumeQueue: 100_000,
            cleanFileForciblyEnable,
            diskSpaceWarningLevelRatio: 100,
            ...given,
          },
          { diskBytes: 400_000, logger: { ...silentLogger, info } as typeof silentLogger },
        )
        for (let i = 0; i < 1150; i++) await made.sim.settle(put(made.store, message('x'.repeat(200))))
        await made.sim.run(120_000)
        const { commitLogMinOffset } = made.store.stats()
        expect([cleanFileForciblyEnable, commitLogMinOffset > 0]).toEqual([
          cleanFileForciblyEnable,
          cleanFileForciblyEnable,
        ])
        const sentence = logged.find((each) => each.includes('deleted'))
        if (cleanFileForciblyEnable) expect(sentence).toMatch(new RegExp(`/store.*KiB used, .*KiB free.*${rule}=`))
        else expect(sentence).toBeUndefined()
      }
    },
  )

  test('too few free bytes refuse messages, from the first look on', async () => {
    const config = { ...small, cleanFileForciblyEnable: false, diskMinFreeSpaceBytes: 300_000 }
    const made = await world(config, { diskBytes: 400_000 })
    expect(await made.sim.settle(put(made.store, message('x')))).toBe('OK')
    const other = made.machine.io.disk.open('/other', { create: true })
    other.write(Buffer.alloc(200_000), 0)
    other.syncNow()
    await made.sim.settle(made.store.close())
    await made.restart()
    await made.sim.run(61_000)
    expect(made.store.refusal).toMatch(/\/store.*used.*free.*diskMinFreeSpaceBytes=300000/)
    expect(await bodies(made.store, 'TopicTest', 0, made.sim)).toEqual(['x'])
    made.machine.io.disk.remove('/other')
    await made.sim.run(61_000)
    expect(await made.sim.settle(put(made.store, message('y')))).toBe('OK')
  })

  test('not a byte left: messages are refused with path and use, readers are served, and it goes on by itself', async () => {
    const made = await world({ ...small, cleanFileForciblyEnable: false }, { diskBytes: 400_000 })
    for (let i = 0; i < 20; i++) await made.sim.settle(put(made.store, message(`kept ${i}`)))
    const other = made.machine.io.disk.open('/other', { create: true })
    let at = 0
    try {
      for (; ; at += 512) other.write(Buffer.alloc(512), at)
    } catch (error) {
      expect(error).toMatchObject({ code: 'NO_SPACE' })
    }
    let refused: string | undefined
    for (let i = 0; refused === undefined && i < 100; i++) {
      const status = await made.sim.settle(put(made.store, message('z'.repeat(500))))
      if (status !== 'OK') refused = made.store.refusal
    }
    expect(refused).toMatch(
      /commitlog.*the disk is full.*that holds \/store\/commitlog is \d+ % full \(.*used, .*free\)/,
    )
    expect((await bodies(made.store, 'TopicTest', 0, made.sim)).slice(0, 20)).toEqual(
      Array.from({ length: 20 }, (_, i) => `kept ${i}`),
    )
    other.truncate(0)
    await made.sim.run(2000)
    expect(made.store.refusal).toBeUndefined()
    expect(await made.sim.settle(put(made.store, message('after')))).toBe('OK')
    expect((await bodies(made.store, 'TopicTest', 0, made.sim)).at(-1)).toBe('after')
  })

  test('messages are refused with path, use and rule, and taken again by themselves', async () => {
    const made = await world({ ...small, cleanFileForciblyEnable: false }, { diskBytes: 400_000 })
    const { disk } = made.machine.io
    const other = disk.open('/other', { create: true })
    other.write(Buffer.alloc(380_000), 0)
    await made.sim.run(61_000)
    expect(made.store.refusal).toMatch(/\/store.* 9\d % full .*used.*free.*diskSpaceWarningLevelRatio=90/)
    expect(made.store.append(message('x'))).toMatchObject({ ok: false, reason: 'SERVICE_NOT_AVAILABLE' })
    other.truncate(0)
    await made.sim.run(11_000)
    expect(made.store.refusal).toBeUndefined()
    expect(await made.sim.settle(put(made.store, message('x')))).toBe('OK')
  })
})
