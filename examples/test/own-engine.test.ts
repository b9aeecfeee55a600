import { Producer, PushConsumer } from '@mq/client'
import { startLocalCluster } from '@mq/cluster'
import { simulate } from '@mq/io/sim'
import { recordsIn } from '@mq/protocol'
import { type MessageStore, put } from '@mq/store'
import { describeMessageStore } from '@mq/store/conformance'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createJournalStore } from '../engine/journal-engine.js'

describeMessageStore("the guide's engine", createJournalStore, { describe, test })

const storeHost = { host: '127.0.0.1', port: 10911 }
const topic = 'Orders'

function bodies(store: MessageStore): string[] {
  const answer = store.get({ topic, queueId: 0, queueOffset: 0, maxMessages: 32 })
  if (answer instanceof Promise) throw new Error('it has everything in memory')
  return answer.pieces.flatMap((piece) => [...recordsIn(piece)]).map(({ body }) => body.toString())
}

test('what was torn when the power went is cut off, a dropped topic stays dropped, offsets go on', async () => {
  const sim = simulate({ seed: 1 })
  const machine = sim.host('a')
  const open = async (io = machine.io) => {
    const store = createJournalStore({ io, directory: '/store', storeHost })
    await sim.settle(store.start())
    return store
  }
  const first = await open()
  await sim.settle(put(first, { topic, body: 'old', queueId: 1 }))
  expect(first.cleanUnusedTopics(new Set())).toEqual([topic])
  const { endOffset } = await sim.settle(put(first, { topic, body: 'kept' }))
  const journal = machine.io.disk.open('/store/journal')
  journal.write(Buffer.from('half of a record'), endOffset)
  journal.syncNow()
  machine.kill({ losePower: true })

  const second = await open(machine.restart())
  expect(second.queues()).toEqual(new Map([[topic, [0]]]))
  const next = await sim.settle(put(second, { topic, body: 'next' }))
  expect([next.queueOffset, next.commitLogOffset]).toEqual([1, endOffset])
  expect(bodies(second)).toEqual(['kept', 'next'])
})

test('after a write that failed nothing is taken, and what was acknowledged is still read', async () => {
  const sim = simulate({ seed: 1 })
  const { io } = sim.host('a', { diskBytes: 100_000 })
  const store = createJournalStore({ io, directory: '/store', storeHost })
  await sim.settle(store.start())
  await sim.settle(put(store, { topic, body: 'kept' }))
  await expect(sim.settle(put(store, { topic, body: Buffer.alloc(200_000) }))).rejects.toThrow(/then restart/)
  await expect(put(store, { topic, body: 'late' })).rejects.toThrow(/messages could not be written/)
  expect(bodies(store)).toEqual(['kept'])
})

test('a cluster runs on it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'mq-own-engine-'))
  const cluster = await startLocalCluster({ directory, engine: createJournalStore, namesrvPort: 0, brokerPort: 0 })
  const { namesrv } = cluster
  const producer = await new Producer({ namesrv }).start()
  await producer.send({ topic, body: 'hello' })
  const consumer = new PushConsumer({ namesrv, group: 'Readers', consumeFrom: 'first' })
  const seen = new Promise<string>((resolve) => {
    void consumer.subscribe(topic, '*', (message) => resolve(message.text()))
  })
  await consumer.start()
  expect(await seen).toBe('hello')
  await consumer.close()
  await producer.close()
  await cluster.close()
  rmSync(directory, { recursive: true })
}, 60_000)
