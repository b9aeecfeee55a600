import { recordLayout, writeRecord } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import type { MessageStore } from '../src/message-store.js'
import { keyHash, keyHashes } from '../src/message-keys.js'
import { host, message, put, recordsOf, world, type World } from './support.js'

const small = { mappedFileSizeCommitLog: 4096, mappedFileSizeConsumeQueue: 200, maxHashSlotNum: 7, maxIndexNum: 20 }
const withKeys = (body: string, keys: string, uniqueKey = `U-${body}`) =>
  message(body, { properties: `KEYS\u0001${keys}\u0002UNIQ_KEY\u0001${uniqueKey}\u0002` })

async function find({ sim, store }: World, key: string, more: Partial<Parameters<MessageStore['query']>[0]> = {}) {
  const request = { topic: 'TopicTest', key, maxMessages: 32, beginMs: 0, endMs: Number.MAX_SAFE_INTEGER, ...more }
  const { records } = await sim.settle(store.query(request))
  return recordsOf(records).map(({ body }) => body.toString())
}

async function filled(): Promise<World> {
  const made = await world(small)
  for (let i = 0; i < 100; i++) {
    await made.sim.settle(put(made.store, withKeys(`m${i}`, `key-${i} third-${i % 3}`)))
    await made.sim.run(100)
  }
  return made
}

describe('query', () => {
  test('by any key, by unique key, at once and over many files', async () => {
    const made = await filled()
    expect(made.machine.io.disk.list('/store/index').length).toBeGreaterThan(10)
    for (const i of [0, 1, 50, 98, 99]) {
      expect(await find(made, `key-${i}`)).toEqual([`m${i}`])
      expect(await find(made, `U-m${i}`)).toEqual([`m${i}`])
    }
    expect(await find(made, 'third-1', { maxMessages: 100 })).toHaveLength(33)
    expect(await find(made, 'third-1', { maxMessages: 2 })).toEqual(['m94', 'm97'])
    expect(await find(made, 'key-100')).toEqual([])
    expect(await find(made, 'key-1', { topic: 'Other' })).toEqual([])
    await made.sim.settle(put(made.store, withKeys('now', 'fresh')))
    expect(await find(made, 'fresh')).toEqual(['now'])
  })

  test('by time', async () => {
    const made = await filled()
    const time = await made.store.storeTimeAt('TopicTest', 0, 50)
    const recent = await find(made, 'third-2', { beginMs: time, maxMessages: 100 })
    expect(recent.at(-1)).toBe('m98')
    expect(recent.length).toBeLessThan(20)
    expect(recent.length).toBeGreaterThan(14)
    expect(await find(made, 'key-99', { endMs: time })).toEqual([])
  })

  test.each(['clean', 'killed', 'power lost'])('after a %s stop, and with the index deleted', async (stop) => {
    const made = await filled()
    const again = async (spoil: () => void = () => {}) => {
      if (stop === 'clean') await made.sim.settle(made.store.close())
      else made.machine.kill({ losePower: stop === 'power lost' })
      made.machine.restart()
      spoil()
      await made.restart()
      for (let i = 0; i < 100; i++) expect(await find(made, `key-${i}`)).toEqual([`m${i}`])
      expect(await find(made, 'third-0', { maxMessages: 64 })).toHaveLength(34)
    }
    await again()
    await made.sim.run(61_000)
    await again()
    await again(() => made.machine.io.disk.removeTree('/store/index'))
  })

  test('finds all keys of a record at which the disk was full for a while', async () => {
    let isFull = false
    const diskError = (_host: string, call: string, path: string) =>
      isFull && call === 'write' && path.includes('/index/') ? ('NO_SPACE' as const) : undefined
    const made = await world(small, { sim: { faults: { diskError } } })
    for (let i = 0; i < 30; i++) {
      isFull = true
      await made.sim.settle(put(made.store, withKeys(`m${i}`, `key-${i} other-${i}`)))
      await made.sim.run(500)
      isFull = false
      await made.sim.run(500)
    }
    for (let i = 0; i < 30; i++)
      for (const key of [`U-m${i}`, `key-${i}`, `other-${i}`]) expect(await find(made, key)).toEqual([`m${i}`])
  })

  test('goes on when retention removes index files under it', async () => {
    let reservedHours = 1000
    const made = await world(
      {
        ...small,
        deleteWhen: Array.from({ length: 24 }, (_, hour) => hour).join(';'),
        deleteCommitLogFilesInterval: 1,
      },
      { reservedHours: () => reservedHours, sim: { faults: { readMs: () => 1 } } },
    )
    for (let i = 0; i < 100; i++) await made.sim.settle(put(made.store, withKeys(`m${i}`, 'same')))
    await made.sim.run(1000)
    const { disk } = made.machine.io
    const filesBefore = disk.list('/store/index').length
    const query = { topic: 'TopicTest', key: 'same', maxMessages: 64, beginMs: 0, endMs: Number.MAX_SAFE_INTEGER }
    const answer = made.store.query(query)
    reservedHours = 0
    const [{ records }] = await made.sim.settle(Promise.all([answer, made.store.cleanExpired()]))
    expect(disk.list('/store/index').length).toBeLessThan(filesBefore)
    const found = recordsOf(records).map(({ body }) => body.toString())
    expect(found.length).toBeGreaterThan(5)
    expect(found).toEqual(Array.from({ length: found.length }, (_, i) => `m${100 - found.length + i}`))
  })

  test('is refused with a sentence when no index is kept', async () => {
    const { sim, store } = await world({ messageIndexEnable: false })
    const query = store.query({ topic: 'TopicTest', key: 'k', maxMessages: 1, beginMs: 0, endMs: 1 })
    await expect(sim.settle(query)).rejects.toMatchObject({ code: 'NO_INDEX' })
  })
})

describe('hashes of keys', () => {
  const hashes = (properties: string) => {
    const found: number[] = []
    const bytes = Buffer.alloc(1000)
    const parts = {
      queueId: 0,
      flag: 0,
      queueOffset: 0,
      commitLogOffset: 0,
      sysFlag: 0,
      bornTimestamp: 0,
      bornHost: host,
    }
    const more = {
      storeTimestamp: 0,
      storeHost: host,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: undefined,
    }
    writeRecord(bytes, 0, { ...parts, ...more, topic: 'TopicA', properties })
    keyHashes({ bytes, layout: recordLayout(bytes) }, found)
    return found
  }

  test('unique key first, then the parts of KEYS; others, empty and broken ones left out', () => {
    const expected = ['u1', 'a', 'b', 'ü€'].map((key) => keyHash('TopicA', key))
    expect(hashes('XKEYS\u0001no\u0002KEYS\u0001a  b ü€\u0002UNIQ_KEY\u0001u1\u0002')).toEqual(expected)
    // Members of batches that 5.x stored have two unique keys; the last counts.
    expect(hashes('UNIQ_KEY\u0001u0\u0002UNIQ_KEY\u0001u1\u0002')).toEqual([keyHash('TopicA', 'u1')])
    expect(hashes('KEYS\u0001a')).toEqual([keyHash('TopicA', 'a')])
    expect(hashes('KEYS\u0001\u0002UNIQ_KEY\u0001')).toEqual([])
    expect(hashes('')).toEqual([])
  })

  test('as Java: 32 bits, absolute, and 0 for the smallest', () => {
    const prefix = 'TopicA#'
    expect(keyHash('TopicA', 'x')).toBe(
      Math.abs([...`${prefix}x`].reduce((h, c) => (Math.imul(31, h) + c.charCodeAt(0)) | 0, 0)),
    )
    for (const key of ['a', 'key-1', 'ü']) expect(keyHash('TopicA', key)).toBeGreaterThanOrEqual(0)
  })
})
