import { readFileSync } from 'node:fs'
import { parseFastjson, RequestCode } from '@mq/protocol'
import { createFileStore, put } from '@mq/store'
import { expect, test } from 'vitest'
import { Bench } from './support/bench.js'

const apache = (name: string) => readFileSync(new URL(`golden/${name}.golden`, import.meta.url), 'utf8')
const names = ['topics.json', 'subscriptionGroup.json', 'consumerOffset.json', 'delayOffset.json']

test("documents that Apache wrote are taken up, and written back in Apache's form", async () => {
  const bench = await Bench.start()
  await bench.sim.settle(bench.broker.close())
  const io = bench.host.restart()
  await fillQueues(bench)
  io.disk.makeDirectory('/store/config')
  for (const name of names) io.disk.replaceWhole(`/store/config/${name}`, Buffer.from(apache(name)))
  await bench.startBroker()
  expect(bench.broker.topics().get('TopicBatch')).toMatchObject({ readQueueNums: 4, perm: 6 })
  expect(bench.broker.groups().has('CG_RETRY')).toBe(true)
  const client = bench.client()
  const offset = { consumerGroup: 'CG_STORE', topic: 'TopicStore', queueId: '2' }
  expect(await client.call(RequestCode.QUERY_CONSUMER_OFFSET, offset)).toMatchObject({ extFields: { offset: '16' } })

  const topic = { topic: 'TopicNew', defaultTopic: 'TBW102', readQueueNums: '2', writeQueueNums: '2', perm: '6' }
  await client.call(RequestCode.UPDATE_AND_CREATE_TOPIC, topic)
  await client.call(RequestCode.UPDATE_CONSUMER_OFFSET, { ...offset, commitOffset: '16' })
  await bench.close()
  const written = (name: string) => Buffer.from(bench.host.io.disk.readWhole(`/store/config/${name}`)!).toString()

  expect(written('consumerOffset.json')).toBe(apache('consumerOffset.json'))
  const topics = written('topics.json')
  const members = blocks(topics)
  for (const block of blocks(apache('topics.json'))) expect(members).toContain(block)
  expect(parseFastjson(topics)).toMatchObject({
    dataVersion: { counter: 16 },
    topicConfigTable: { TopicNew: { order: false } },
  })
})

/** As many messages as the groups have consumed by Apache's document. */
async function fillQueues({ sim, host }: Bench): Promise<void> {
  const storeHost = { host: host.address, port: 10_911 }
  const store = createFileStore({
    io: host.io,
    directory: '/store',
    storeHost,
    config: { mappedFileSizeCommitLog: 1 << 22 },
  })
  await sim.settle(store.start())
  const { offsetTable } = parseFastjson(apache('consumerOffset.json')) as OffsetDocument
  for (const [pair, offsets] of Object.entries(offsetTable)) {
    const topic = pair.split('@')[0]!
    for (const [queueId, offset] of Object.entries(offsets)) {
      while (store.maxOffset(topic, Number(queueId)) < offset) {
        await sim.settle(put(store, { topic, queueId: Number(queueId), body: 'x' }))
      }
    }
  }
  await sim.settle(store.close())
}

interface OffsetDocument {
  offsetTable: Record<string, Record<string, number>>
}

/** The members of a table, each as the lines it is written in. */
const blocks = (text: string): string[] =>
  [...text.matchAll(/\t\t"[^"]+":\{\n(?:\t\t\t.*\n)+\t\t\}/g)].map(([block]) => block)

test('topics whose names are none are left out, and their neighbours are not', async () => {
  const bench = await Bench.start()
  await bench.sim.settle(bench.broker.close())
  const io = bench.host.restart()
  const topics = Object.fromEntries(['Fine', '../x', 't'.repeat(128), ''].map((name) => [name, { perm: 6 }]))
  io.disk.makeDirectory('/store/config')
  io.disk.replaceWhole('/store/config/topics.json', Buffer.from(JSON.stringify({ topicConfigTable: topics })))
  await bench.startBroker()
  const names = [...bench.broker.topics().keys()]
  expect(names).toContain('Fine')
  expect(names.filter((name) => !/^[\w%|-]{1,127}$/.test(name))).toEqual([])
  await bench.close()
})

test('a document that cannot be written does not stop the broker, and is written later', async () => {
  const bench = await Bench.start()
  const client = bench.client()
  const { disk } = bench.host.io
  const real = disk.replaceWhole.bind(disk)
  disk.replaceWhole = () => {
    throw new Error('no space left')
  }
  const commit = { consumerGroup: 'CG', topic: 'T', queueId: '0', commitOffset: '5' }
  await client.call(RequestCode.UPDATE_CONSUMER_OFFSET, commit)
  await bench.sim.run(6000)
  expect(disk.exists('/store/config/consumerOffset.json')).toBe(false)
  disk.replaceWhole = real
  await bench.sim.run(6000)
  expect(disk.exists('/store/config/consumerOffset.json')).toBe(true)
  await bench.close()
})
