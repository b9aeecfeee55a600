import { expect, test } from 'vitest'
import type { MessageRecord } from '@mq/protocol'
import { put } from '../src/put.js'
import { tail } from '../src/tail.js'
import { world } from './support.js'

const topic = 'TopicTest'
const text = ({ body }: MessageRecord) => body.toString()

test('what is there, then what comes, woken by it', async () => {
  const { sim, store } = await world()
  for (const body of ['a', 'b', 'c']) void put(store, { topic, body })
  await sim.settle(put(store, { topic, queueId: 1, body: 'of another queue' }))
  const seen: string[] = []
  const reader = (async () => {
    for await (const record of tail(store, { topic, queueId: 0, from: 1, batch: 1 })) {
      seen.push(`${record.queueOffset} ${text(record)}`)
      if (record.queueOffset === 4) return
    }
  })()
  await sim.until(() => seen.length === 2)
  await sim.run(60_000)
  expect(seen).toEqual(['1 b', '2 c'])
  void put(store, { topic, body: 'd' })
  void put(store, { topic, queueId: 1, body: 'of another queue' })
  void put(store, { topic, body: 'e' })
  await sim.settle(reader)
  expect(seen).toEqual(['1 b', '2 c', '3 d', '4 e'])
})

test('begins with the next message, or where it is told, although nothing is there yet', async () => {
  const { sim, store } = await world()
  await sim.settle(put(store, { topic, body: 'old' }))
  const first = async (from?: number) => {
    for await (const record of tail(store, { topic, queueId: 0, from })) return text(record)
  }
  const [next, later] = [first(), first(3)]
  await sim.run(1)
  for (const body of ['new', 'newer', 'newest']) await sim.settle(put(store, { topic, body }))
  expect(await sim.settle(Promise.all([next, later]))).toEqual(['new', 'newest'])
})

test('ends with its signal, while it waits and while it reads', async () => {
  const { sim, store } = await world()
  const ending = new AbortController()
  const all = async (signal: AbortSignal) => {
    const seen: string[] = []
    for await (const record of tail(store, { topic, queueId: 0, from: 0, signal })) {
      seen.push(text(record))
      if (seen.length === 2) ending.abort()
    }
    return seen
  }
  const waiting = new AbortController()
  const nothing = all(waiting.signal)
  await sim.run(10)
  waiting.abort()
  expect(await sim.settle(nothing)).toEqual([])
  for (const body of ['a', 'b', 'c']) await sim.settle(put(store, { topic, body }))
  expect(await sim.settle(all(ending.signal))).toEqual(['a', 'b'])
  expect(await sim.settle(all(ending.signal))).toEqual([])
})

test('a message that is not taken is an error with the reason', async () => {
  const { sim, store } = await world()
  await expect(put(store, { topic: '../x', body: '' })).rejects.toMatchObject({
    code: 'REFUSED',
    message: /topic name '..\/x' has the character '\.'/,
  })
  const kept = put(store, { topic, body: 'x', properties: { TAGS: 'TagA' } })
  expect(await sim.settle(kept)).toMatchObject({ queueOffset: 0, ok: true })
  await sim.settle(store.close())
  await expect(put(store, { topic, body: 'x' })).rejects.toThrow('the store is closed')
})
