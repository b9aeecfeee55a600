import { decodeTraceRecords } from '@mq/protocol'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  AdminClient,
  diagnose,
  Producer,
  PushConsumer,
  TransactionProducer,
  type ClientError,
  type ReceivedMessage,
  type TransactionState,
} from '../../src/index.js'
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

describe('request and reply', () => {
  test('each request gets its own reply, and one that nobody answers an error', async () => {
    const topic = await newTopic()
    const producer = await closing(new Producer({ namesrv: cluster.namesrv, group: unique('PG') })).start()
    const server = closing(new PushConsumer({ namesrv: cluster.namesrv, group: unique('CG'), consumeFrom: 'first' }))
    await server.subscribe(topic, '*', async (message) => {
      if (message.text() !== 'ignore me') await producer.reply(message, message.text().toUpperCase())
    })
    await server.start()
    const questions = [...Array.from({ length: 20 }, (_, i) => `q${i}`), 'long '.repeat(5000)]
    const replies = await Promise.all(questions.map((body) => producer.request({ topic, body }, { timeout: 30_000 })))
    expect(replies.map((one) => one.text())).toEqual(questions.map((body) => body.toUpperCase()))
    const unanswered = producer.request({ topic, body: 'ignore me' }, { timeout: 1000 })
    await expect(unanswered).rejects.toMatchObject({ code: 'NO_REPLY' })
  })

  test('a reply to one who is gone says so', async () => {
    const topic = await newTopic()
    const options = { namesrv: cluster.namesrv, retries: 0 }
    const replier = await closing(new Producer({ ...options, group: unique('PG') })).start()
    const asker = await new Producer({ ...options, group: unique('PG'), clientId: unique('gone') }).start()
    const asked = asker.request({ topic, body: 'x' }, { timeout: 20_000 }).catch((error: ClientError) => error.code)
    const held: ReceivedMessage[] = []
    const server = closing(new PushConsumer({ namesrv: cluster.namesrv, group: unique('CG'), consumeFrom: 'first' }))
    await server.subscribe(topic, '*', (message) => void held.push(message))
    await server.start()
    await vi.waitFor(() => expect(held).toHaveLength(1), { timeout: 15_000 })
    await asker.close()
    expect(await asked).toBe('CLOSED')
    await expect(replier.reply(held[0]!, 'too late')).rejects.toMatchObject({ code: 'REFUSED' })
  })
})

test('trace tells what was sent and consumed', async () => {
  const [topic, traceTopic] = [await newTopic(), await newTopic()]
  const trace = { topic: traceTopic }
  const producer = await new Producer({ namesrv: cluster.namesrv, group: unique('PG'), trace }).start()
  const sent = await producer.send({ topic, body: 'x', tags: 'T', keys: 'k' })
  const consumed: string[] = []
  const options = { namesrv: cluster.namesrv, group: unique('CG'), consumeFrom: 'first', trace } as const
  const consumer = new PushConsumer({
    ...options,
    subscriptions: { [topic]: '*' },
    handler: (one) => void consumed.push(one.msgId),
  })
  await consumer.start()
  await vi.waitFor(() => expect(consumed).toEqual([sent.msgId]), { timeout: 15_000 })
  await consumer.close()
  await producer.close()
  const stats = await admin.topicStats(traceTopic)
  const pulls = await Promise.all(stats.map(({ queue }) => admin.pullMessages(queue, 0, 32)))
  const messages = pulls.flatMap((one) => one.messages)
  expect(messages.every((one) => one.keys.includes(sent.msgId) && one.keys.includes('k'))).toBe(true)
  const records = messages.flatMap((one) => decodeTraceRecords(one.text()))
  expect(records.map((one) => one.type).sort()).toEqual(['Pub', 'SubAfter', 'SubBefore'])
  expect(records.find((one) => one.type === 'Pub')).toMatchObject({
    ...{ msgId: sent.msgId, offsetMsgId: sent.offsetMsgId, topic, tags: 'T', keys: 'k', success: true, bodyLength: 1 },
  })
})

test('diagnose finds what is there, and says what is missing', async () => {
  const topic = await newTopic()
  const found = await diagnose({ namesrv: cluster.namesrv }, topic)
  expect(found).toMatchObject({ ok: true, problems: [], topic: { exists: true, writeQueues: 2, readQueues: 2 } })
  expect(found.brokers.every((one) => one.reachable)).toBe(true)
  const missing = await diagnose({ namesrv: cluster.namesrv }, unique('Nowhere'))
  expect(missing.problems.map((one) => one.code)).toEqual(['TOPIC_NOT_FOUND'])
})
