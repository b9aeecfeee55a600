import { simulate } from '@mq/io/sim'
import { expect, test } from 'vitest'
import { createMemoryStore, type MemoryStoreOptions } from '../src/memory-store.js'
import { bodies, host, message, put } from './support.js'

const MiB = 1 << 20

async function memoryStore(options: Omit<MemoryStoreOptions, 'io' | 'storeHost'>) {
  const sim = simulate({ seed: 1 })
  const { io } = sim.host('a')
  const store = createMemoryStore({ io, storeHost: host, ...options })
  await sim.settle(store.start())
  return { sim, io, store }
}

test('the memory store keeps within its bounds and forgets with its process', async () => {
  const { sim, io, store } = await memoryStore({ bytesMax: 100 * MiB })
  expect(store.acknowledges).toBe('received')
  const body = Buffer.alloc(100_000)
  for (let i = 0; i < 3000; i++) {
    const status = await sim.settle(put(store, message(body)))
    if (status !== 'OK') throw new Error(`${i}: ${status}`)
    await sim.run(20)
  }
  expect(store.maxOffset('TopicTest', 0)).toBe(3000)
  expect(store.minOffset('TopicTest', 0)).toBeGreaterThan(1000)
  expect(store.stats().diskUsedRatio).toBeLessThan(1)
  store.documents.write('topics.json', '{"a":{0:1}}')
  expect(store.documents.read('topics.json')).toEqual({ a: { 0: 1 } })
  expect(io.disk.list('/')).toEqual([])
  await sim.settle(store.close())
})

test.each([20, 64])('who is faster than retention is refused within %i MiB, and goes on by himself', async (limit) => {
  const { sim, store } = await memoryStore({ bytesMax: limit * MiB })
  const statuses: string[] = []
  for (let i = 0; i < limit; i++) {
    statuses.push(await sim.settle(put(store, message(`${String(i).padStart(4)}${'x'.repeat(MiB)}`))))
    expect(store.stats().diskUsedRatio).toBeLessThanOrEqual(1)
  }
  const refused = statuses.findIndex((status) => status !== 'OK')
  expect(refused).toBeGreaterThan(limit / 2)
  expect(store.refusal).toMatch(/memory for it are used up/)
  await sim.run(4000)
  expect(store.refusal).toBeUndefined()
  expect(await sim.settle(put(store, message('after')))).toBe('OK')
  const left = await bodies(store, 'TopicTest', 0, sim)
  expect(left.at(-1)).toBe('after')
  expect(left.length).toBeGreaterThan(3)
  expect(store.stats().diskUsedRatio).toBeLessThan(0.9)
})

test('a queue takes little when it holds little', async () => {
  const { sim, store } = await memoryStore({ bytesMax: 100 * MiB })
  for (let i = 0; i < 2000; i++) store.append(message('x', { queueId: i % 100, topic: `Topic${Math.floor(i / 100)}` }))
  await sim.run(5000)
  expect(store.queues().size).toBe(20)
  expect(store.stats().diskUsedRatio * 100 * MiB).toBeLessThan(2 * MiB)
})

test('a bound that no message would fit in is refused', () => {
  const { io } = simulate({ seed: 1 }).host('a')
  const create = (bytesMax: number) => createMemoryStore({ io, storeHost: host, bytesMax })
  for (const bytesMax of [0, NaN, 16 * MiB - 1]) expect(() => create(bytesMax)).toThrow(/bytesMax=.* at least 16777216/)
  expect(() => create(16 * MiB)).not.toThrow()
})
