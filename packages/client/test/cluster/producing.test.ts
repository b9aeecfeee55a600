import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { AdminClient, Producer, PushConsumer, TransactionProducer, type TransactionState } from '../../src/index.js'
import { liveCluster, type LiveCluster } from './live-cluster.js'

/*
 * Producers of more than plain messages against a cluster: see behaviour.test.ts. Brokers of others should check transactions
 * often (transactionCheckInterval=5000); with the default of a minute the checks take two.
 */

vi.setConfig({ testTimeout: 180_000 })

let cluster: LiveCluster
let admin: AdminClient
let clusterName: string
const run = `${process.pid}_${Date.now()}`
let count = 0
const unique = (kind: string) => `${kind}_${run}_${++count}`
const toClose: { close(): Promise<void> }[] = []
const closing = <T extends { close(): Promise<void> }>(one: T): T => (toClose.push(one), one)

beforeAll(async () => {
  cluster = await liveCluster()
  admin = new AdminClient({ namesrv: cluster.namesrv })
  clusterName = [...(await admin.clusterInfo()).clusterAddrTable.keys()][0]!
}, 30_000)

afterAll(async () => {
  await Promise.all(toClose.map((one) => one.close()))
  await admin?.close()
  await cluster?.stop()
}, 30_000)

async function newTopic(prefix = ''): Promise<string> {
  const topic = unique('T')
  await admin.createTopic({ cluster: clusterName, topic: prefix + topic, readQueueNums: 2, writeQueueNums: 2 })
  await vi.waitFor(async () => expect((await admin.topicRoute(prefix + topic)).queueDatas).toHaveLength(1), {
    timeout: 15_000,
  })
  return topic
}

async function textsOf(topic: string): Promise<string[]> {
  const texts: string[] = []
  const consumer = closing(new PushConsumer({ namesrv: cluster.namesrv, group: unique('CG'), consumeFrom: 'first' }))
  await consumer.subscribe(topic, '*', (message) => void texts.push(message.text()))
  await consumer.start()
  return texts
}

describe('transactions', () => {
  test('a message is seen after its commit, never before, and never after a rollback', async () => {
    const topic = await newTopic()
    const texts = await textsOf(topic)
    const options = { namesrv: cluster.namesrv, group: unique('PG'), check: (): TransactionState => 'unknown' }
    const producer = await closing(new TransactionProducer(options)).start()
    const committed = await producer.sendInTransaction({ topic, body: 'first' }, async ({ half }) => {
      // The half message is stored; whatever was sent after it and is seen shows that it is not.
      await producer.send({ topic, body: 'marker' })
      await vi.waitFor(() => expect(texts).toEqual(['marker']), { timeout: 15_000 })
      expect(half.status).toBe('SEND_OK')
    })
    await vi.waitFor(() => expect(texts).toEqual(['marker', 'first']), { timeout: 15_000 })
    await producer.sendInTransaction({ topic, body: 'second' }, () => 'rollback')
    const thrown = producer.sendInTransaction({ topic, body: 'third' }, () => Promise.reject(new Error('no')))
    await expect(thrown).rejects.toThrow('no')
    await producer.sendInTransaction({ topic, body: 'last' }, () => 'commit')
    await vi.waitFor(() => expect(texts).toEqual(['marker', 'first', 'last']), { timeout: 15_000 })
    expect(committed.transactionId).toBe(committed.msgId)
  })

  test('what was left unknown is asked about, also when its producer is gone', async () => {
    const topic = await newTopic()
    const texts = await textsOf(topic)
    const group = unique('PG')
    const asked = new Set<string>()
    const make = (clientId: string) =>
      closing(
        new TransactionProducer({
          ...{ namesrv: cluster.namesrv, group, clientId },
          check: (message) => {
            asked.add(`${message.topic} ${message.text()}`)
            return message.text() === 'yes' ? 'commit' : 'rollback'
          },
        }),
      ).start()
    const first = await make(unique('first'))
    for (const body of ['yes', 'no']) await first.sendInTransaction({ topic, body }, () => 'unknown')
    await first.close()
    const second = await make(unique('second'))
    // It becomes known to the broker by what it sends.
    await second.send({ topic, body: 'hello' })
    await vi.waitFor(() => expect([...asked].sort()).toEqual([`${topic} no`, `${topic} yes`]), { timeout: 150_000 })
    await vi.waitFor(() => expect([...texts].sort()).toEqual(['hello', 'yes']), { timeout: 15_000 })
  })
})

test('a namespace is a prefix at the broker', async () => {
  const topic = await newTopic('space%')
  const options = { namesrv: cluster.namesrv, group: unique('PG'), namespace: 'space' }
  const producer = await closing(new Producer(options)).start()
  const { queue } = await producer.send({ topic, body: 'x' })
  expect(queue.topic).toBe(topic)
  const stats = await admin.topicStats(`space%${topic}`)
  expect(stats.reduce((sum, one) => sum + one.maxOffset, 0)).toBe(1)
})
