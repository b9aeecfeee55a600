import { describe, expect, test } from 'vitest'
import { decodeMessageId } from '@mq/protocol'
import { bodies, message, put, recordsOf, world } from './support.js'

const small = { mappedFileSizeCommitLog: 4096, mappedFileSizeConsumeQueue: 200 }

describe('append and get', () => {
  test('gives positions at once and the record when it is acknowledged', async () => {
    const { sim, store } = await world()
    const result = store.append(message('hello'))
    if (!result.ok) throw new Error(result.message)
    expect(result).toMatchObject({ queueOffset: 0, commitLogOffset: 0 })
    expect(decodeMessageId(result.messageId)).toEqual({ host: { host: '127.0.0.1', port: 10911 }, commitLogOffset: 0 })
    expect(store.get({ topic: 'TopicTest', queueId: 0, queueOffset: 0, maxMessages: 32 })).toMatchObject({
      status: 'NO_MESSAGE_IN_QUEUE',
    })
    const status = await sim.settle(new Promise((done) => store.whenAcknowledged(result.endOffset, true, done)))
    expect(status).toBe('OK')
    const found = store.get({ topic: 'TopicTest', queueId: 0, queueOffset: 0, maxMessages: 32 })
    if (found instanceof Promise) throw new Error('what is hot must come at once')
    expect(found).toMatchObject({ status: 'FOUND', nextOffset: 1, minOffset: 0, maxOffset: 1, messageCount: 1 })
    expect(recordsOf(found.pieces)[0]).toMatchObject({ topic: 'TopicTest', queueOffset: 0, body: Buffer.from('hello') })
  })

  test('neighbours in memory come as one piece', async () => {
    const { sim, store } = await world()
    for (let i = 0; i < 10; i++) store.append(message(`m${i}`))
    await sim.settle(put(store, message('m10')))
    const found = await store.get({ topic: 'TopicTest', queueId: 0, queueOffset: 0, maxMessages: 32 })
    expect(found.messageCount).toBe(11)
    expect(found.pieces).toHaveLength(1)
  })

  test('a whole turn is one write, and syncs are shared', async () => {
    let syncs = 0
    const { sim, store } = await world(
      {},
      { sim: { onTrace: ({ event }) => void (syncs += event === 'disk.sync' ? 1 : 0) } },
    )
    syncs = 0
    const statuses = await sim.settle(Promise.all(Array.from({ length: 500 }, (_, i) => put(store, message(`m${i}`)))))
    expect(statuses.every((status) => status === 'OK')).toBe(true)
    expect(syncs).toBeLessThan(5)
  })

  test('a turn that takes in much is written in parts, in order', async () => {
    let writes = 0
    const { sim, store } = await world(
      {},
      { sim: { onTrace: ({ event }) => void (writes += Number(event === 'disk.write')) } },
    )
    writes = 0
    const body = Buffer.alloc(10_000)
    const statuses = Array.from({ length: 20 }, (_, i) => put(store, message(body, { queueId: i % 2 })))
    // 200 kB are more than is written together, long before the turn is over.
    expect(writes).toBeGreaterThan(3)
    expect(writes).toBeLessThan(10)
    expect(await sim.settle(Promise.all(statuses))).toEqual(statuses.map(() => 'OK'))
    expect([store.maxOffset('TopicTest', 0), store.maxOffset('TopicTest', 1)]).toEqual([10, 10])
  })

  test('statuses and next offsets outside a queue', async () => {
    const { sim, store } = await world()
    const at = async (queueOffset: number, queueId = 0) => {
      const { status, nextOffset } = await store.get({ topic: 'TopicTest', queueId, queueOffset, maxMessages: 32 })
      return [status, nextOffset]
    }
    expect(await at(7)).toEqual(['NO_MESSAGE_IN_QUEUE', 0])
    expect(store.minOffset('TopicTest', 0)).toBe(-1)
    for (let i = 0; i < 4; i++) await sim.settle(put(store, message(`m${i}`)))
    expect(await at(-5)).toEqual(['OFFSET_TOO_SMALL', 0])
    expect(await at(4)).toEqual(['OFFSET_OVERFLOW_ONE', 4])
    expect(await at(9999)).toEqual(['OFFSET_OVERFLOW_BADLY', 0])
    expect(await at(0, 3)).toEqual(['NO_MESSAGE_IN_QUEUE', 0])
  })

  test.each([
    ['later, as its turn had begun before', 7, 0],
    ['earlier, as the clock was set back', -3_600_000, -3_600_000],
  ])('a delayed message is due by its store time; told %s', async (_, toldMs, offMs) => {
    const { sim, store } = await world()
    const [topic, properties] = ['SCHEDULE_TOPIC_XXXX', 'DELAY\u00013\u0002']
    const tagsCode = Date.UTC(2024, 0, 1) + 10_000 + toldMs
    await sim.settle(put(store, message('later', { topic, properties, tagsCode })))
    const storedMs = await sim.settle(store.storeTimeAt(topic, 0, 0))
    const [entry] = await sim.settle(store.entries(topic, 0, 0, 1))
    expect(entry!.tagsCode - storedMs).toBe(10_000 + offMs)
  })

  test('filters skip without stopping, and count what they skipped', async () => {
    const { sim, store } = await world()
    for (let i = 0; i < 1000; i++) store.append(message(`m${i}`, { tagsCode: i === 900 ? 7 : 1 }))
    await sim.settle(put(store, message('last', { tagsCode: 7 })))
    const matches = (code: number) => code === 7
    const first = await store.get({ topic: 'TopicTest', queueId: 0, queueOffset: 0, maxMessages: 32, matches })
    expect(first).toMatchObject({ status: 'NO_MATCHED_MESSAGE', nextOffset: 800 })
    const second = await store.get({ topic: 'TopicTest', queueId: 0, queueOffset: 800, maxMessages: 32, matches })
    expect(second).toMatchObject({ status: 'FOUND', nextOffset: 1001, messageCount: 2 })
  })

  test('limits of messages and bytes', async () => {
    const { sim, store } = await world({ maxTransferBytesOnMessageInMemory: 1000 })
    for (let i = 0; i < 50; i++) store.append(message(Buffer.alloc(300)))
    await sim.settle(put(store, message('end')))
    const one = await store.get({ topic: 'TopicTest', queueId: 0, queueOffset: 0, maxMessages: 1 })
    expect(one.messageCount).toBe(1)
    const some = await store.get({ topic: 'TopicTest', queueId: 0, queueOffset: 0, maxMessages: 32 })
    expect(some.messageCount).toBe(2)
    const few = await store.get({ topic: 'TopicTest', queueId: 0, queueOffset: 0, maxMessages: 32, maxBytes: 10 })
    expect(few.messageCount).toBe(1)
  })

  test('refuses what does not fit, as a value', async () => {
    const { store } = await world({ maxMessageSize: 1000 })
    expect(store.append(message(Buffer.alloc(1000)))).toMatchObject({ ok: false, reason: 'MESSAGE_SIZE_EXCEEDED' })
    expect(store.append(message('x', { properties: 'a'.repeat(40_000) }))).toMatchObject({
      reason: 'PROPERTIES_SIZE_EXCEEDED',
    })
    for (const topic of ['../x', 'a\u0000b', '', 'x'.repeat(10_000), 'ünï'])
      expect(store.append(message('x', { topic }))).toMatchObject({ ok: false, reason: 'MESSAGE_ILLEGAL' })
    expect(store.append(message('x', { bornHost: { host: 'nowhere', port: 1 } }))).toMatchObject({
      reason: 'MESSAGE_ILLEGAL',
    })
    expect(store.append(message('x', { queueId: -1 }))).toMatchObject({ reason: 'MESSAGE_ILLEGAL' })
    expect(store.append(message('fine'))).toMatchObject({ ok: true, queueOffset: 0, commitLogOffset: 0 })
  })

  test('half messages and rollbacks have no place in a queue', async () => {
    const { sim, store } = await world()
    const half = store.append(message('half', { sysFlag: 4, preparedTransactionOffset: 0 }))
    expect(half).toMatchObject({ ok: true, queueOffset: 0 })
    await sim.settle(put(store, message('rollback', { sysFlag: 12 })))
    expect(await sim.settle(put(store, message('commit', { sysFlag: 8 })))).toBe('OK')
    expect(await bodies(store)).toEqual(['commit'])
    const record = await store.recordAt(0)
    expect(recordsOf([record!])[0]!.body.toString()).toBe('half')
    expect(await store.recordAt(3)).toBeUndefined()
  })

  test('tells of arrivals in groups, after they can be read', async () => {
    const { sim, store } = await world()
    const groups: string[][] = []
    const stop = store.onArrival((arrivals) => {
      groups.push(arrivals.map(({ topic, queueOffset }) => `${topic}/${queueOffset}`))
      expect(store.maxOffset('TopicTest', 0)).toBe(3)
    })
    store.append(message('a'))
    store.append(message('b'))
    await sim.settle(put(store, message('c')))
    expect(groups).toEqual([['TopicTest/0', 'TopicTest/1', 'TopicTest/2']])
    stop()
    await sim.settle(put(store, message('d')))
    expect(groups).toHaveLength(1)
  })

  test('without waiting for the flush an answer comes early, the message not', async () => {
    const { sim, store } = await world()
    expect(await sim.settle(put(store, message('early'), false))).toBe('OK')
    expect(store.maxOffset('TopicTest', 0)).toBe(0)
    await sim.until(() => store.maxOffset('TopicTest', 0) === 1)
  })

  test('reads through the disk what is no longer in memory, over many files', async () => {
    const { sim, store, restart } = await world(small)
    const sent = Array.from({ length: 300 }, (_, i) => `message ${i} ${'x'.repeat(i)}`)
    for (const body of sent) await sim.settle(put(store, message(body)))
    expect(await bodies(store)).toEqual(sent)
    await sim.settle(store.close())
    const again = await restart()
    expect(await bodies(again, 'TopicTest', 0, sim)).toEqual(sent)
    expect(store.stats().commitLogMaxOffset).toBe(again.stats().commitLogMaxOffset)
  })

  test('offsets by time, and times of offsets', async () => {
    const { sim, store } = await world()
    const start = sim.host('a').io.clock.now()
    for (let i = 0; i < 5; i++) {
      await sim.run(1000)
      await sim.settle(put(store, message(`m${i}`)))
    }
    const times = await Promise.all([0, 1, 2, 3, 4].map((offset) => store.storeTimeAt('TopicTest', 0, offset)))
    expect(times[0]).toBeGreaterThanOrEqual(start + 1000)
    for (const [offset, time] of times.entries()) expect(await store.offsetByTime('TopicTest', 0, time!)).toBe(offset)
    expect(await store.offsetByTime('TopicTest', 0, 0)).toBe(0)
    expect(await store.offsetByTime('TopicTest', 0, times[1]! + 100)).toBe(1)
    expect(await store.offsetByTime('TopicTest', 0, times[1]! + 900)).toBe(2)
    expect(await store.offsetByTime('TopicTest', 0, times[4]! + 100_000)).toBe(4)
    expect(await store.offsetByTime('Unknown', 0, 0)).toBe(0)
    expect(await store.storeTimeAt('TopicTest', 0, 99)).toBe(-1)
    expect(await store.earliestStoreTime()).toBe(times[0])
    expect(await store.earliestStoreTime('TopicTest', 0)).toBe(times[0])
  })
})
