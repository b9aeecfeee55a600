import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  AdminClient,
  ClientError,
  Producer,
  PullConsumer,
  PushConsumer,
  type Message,
  type MessageHandler,
  type PushConsumerOptions,
  type ReceivedMessage,
  type SendResult,
} from '../../src/index.js'
import { liveCluster, type LiveCluster } from './live-cluster.js'

/*
 * What any cluster must do with this client: MQ's own (in process, when nothing is set), or the one that the environment
 * variable MQ_TEST_NAMESRV names. Names are new in each run, so that a cluster can be used again.
 */

vi.setConfig({ testTimeout: 30_000 })

let cluster: LiveCluster
let admin: AdminClient
let producer: Producer
let clusterName: string
const run = `${process.pid}_${Date.now()}`
let count = 0
const unique = (kind: string) => `${kind}_${run}_${++count}`
const toClose: { close(): Promise<void> }[] = []

beforeAll(async () => {
  cluster = await liveCluster()
  admin = new AdminClient({ namesrv: cluster.namesrv })
  producer = await new Producer({ namesrv: cluster.namesrv, group: unique('PG') }).start()
  clusterName = [...(await admin.clusterInfo()).clusterAddrTable.keys()][0]!
}, 30_000)

afterAll(async () => {
  await Promise.all(toClose.map((one) => one.close()))
  await producer?.close()
  await admin?.close()
  await cluster?.stop()
}, 30_000)

async function newTopic(queues = 4): Promise<string> {
  const topic = unique('T')
  await admin.createTopic({ cluster: clusterName, topic, readQueueNums: queues, writeQueueNums: queues })
  await eventually(async () => (await admin.topicRoute(topic)).queueDatas.length > 0)
  return topic
}

async function eventually(check: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
  const end = Date.now() + limitMs
  for (;;) {
    if (await Promise.resolve(check()).catch(() => false)) return
    if (Date.now() > end) expect.fail(`still not so after ${limitMs} ms: ${check}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

type Options = Partial<PushConsumerOptions> & { expression?: string; handler?: MessageHandler }

async function consumer(topic: string, options: Options = {}) {
  const received: ReceivedMessage[] = []
  const { expression = '*', handler, ...more } = options
  const one = new PushConsumer({
    namesrv: cluster.namesrv,
    group: unique('CG'),
    consumeFrom: 'first',
    ...more,
    handler: (message, context) => {
      received.push(message)
      return handler?.(message, context)
    },
  })
  toClose.push(one)
  await one.subscribe(topic, expression)
  await one.start()
  return { one, received }
}

const sendAll = (messages: Message[]): Promise<SendResult[]> => Promise.all(messages.map((one) => producer.send(one)))
const numbered = (topic: string, to: number, more: Partial<Message> = {}): Message[] =>
  Array.from({ length: to }, (_, i) => ({ topic, body: `${i}`, ...more }))
const texts = (messages: ReceivedMessage[]) => messages.map((one) => one.text()).sort()

describe('sending and consuming', () => {
  test('each message arrives once, as it was sent', async () => {
    const topic = await newTopic()
    const { received } = await consumer(topic)
    const results = await sendAll([
      ...numbered(topic, 300),
      {
        topic,
        body: Buffer.from([0, 255, 1, 2]),
        tags: 'binary',
        keys: ['a', 'b'],
        properties: { colour: 'blå' },
        flag: 9,
      },
      { topic, body: 'long '.repeat(10_000) },
    ])
    await eventually(() => received.length >= 302)
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(received).toHaveLength(302)
    expect(new Set(received.map((one) => one.msgId))).toEqual(new Set(results.map((one) => one.msgId)))
    expect(new Set(received.map((one) => one.offsetMsgId))).toEqual(new Set(results.map((one) => one.offsetMsgId)))
    const binary = received.find((one) => one.tags === 'binary')!
    expect([...binary.body]).toEqual([0, 255, 1, 2])
    expect(binary.keys).toEqual(['a', 'b'])
    expect(binary.property('colour')).toBe('blå')
    expect(binary.flag).toBe(9)
    expect(received.find((one) => one.storeSize > 0 && one.body.length === 50_000)).toBeDefined()
  })

  test('results name the place where the message is', async () => {
    const topic = await newTopic()
    const results = await sendAll(numbered(topic, 20))
    for (const [i, result] of results.entries()) {
      const message = await admin.viewMessage(result.offsetMsgId)
      expect(message.text()).toBe(`${i}`)
      expect(message.queueOffset).toBe(result.queueOffset)
      expect(message.queue.queueId).toBe(result.queue.queueId)
      expect(message.msgId).toBe(result.msgId)
    }
  })

  test('a topic that nobody made is made by the first send, where brokers allow it', async () => {
    const topic = unique('Auto')
    const { queue } = await producer.send({ topic, body: 'first' })
    await eventually(async () => (await admin.topicStats(topic)).some((one) => one.maxOffset === 1))
    expect(queue.topic).toBe(topic)
  })

  test('a batch lies in one queue at consecutive offsets', async () => {
    const topic = await newTopic()
    const results = await producer.sendBatch(numbered(topic, 10))
    expect(results.map((one) => one.queueOffset)).toEqual(results.map((_, i) => results[0]!.queueOffset + i))
    expect(new Set(results.map((one) => one.queue.queueId)).size).toBe(1)
  })

  test('messages to one queue stay in order', async () => {
    const topic = await newTopic()
    const selector = (queues: readonly { queueId: number }[]) => queues[2] as never
    const results = await Promise.all(numbered(topic, 100).map((one) => producer.send(one, { selector })))
    expect(results.map((one) => one.queueOffset)).toEqual(results.map((_, i) => i))
  })

  test('one-way messages arrive', async () => {
    const topic = await newTopic()
    const { received } = await consumer(topic)
    await producer.sendOneway({ topic, body: 'gone' })
    await eventually(() => received.length === 1)
  })

  test('tags are filtered', async () => {
    const topic = await newTopic()
    const { received } = await consumer(topic, { expression: 'A || C' })
    await sendAll(['A', 'B', 'C', 'D'].flatMap((tags) => numbered(topic, 5, { tags })))
    await eventually(() => received.length >= 10)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(new Set(received.map((one) => one.tags))).toEqual(new Set(['A', 'C']))
    expect(received).toHaveLength(10)
  })

  test('a delayed message comes later', async () => {
    const topic = await newTopic()
    const { received } = await consumer(topic)
    const sentMs = Date.now()
    await producer.send({ topic, body: 'later', delayLevel: 1 })
    await eventually(() => received.length === 1)
    expect(Date.now() - sentMs).toBeGreaterThan(900)
  })

  test('a message that fails comes again, with its topic and its count', async () => {
    const topic = await newTopic()
    const { received } = await consumer(topic, {
      handler: (message) => (message.reconsumeTimes < 2 ? { later: 1 } : 'success'),
    })
    const sent = await producer.send({ topic, body: 'stubborn', tags: 'T' })
    await eventually(() => received.length === 3)
    expect(received.map((one) => one.reconsumeTimes)).toEqual([0, 1, 2])
    expect(received.map((one) => one.topic)).toEqual([topic, topic, topic])
    expect(new Set(received.map((one) => one.msgId))).toEqual(new Set([sent.msgId]))
  })

  test('a message given up goes to the dead-letter queue', async () => {
    const topic = await newTopic()
    const { one } = await consumer(topic, { handler: () => ({ later: -1 }) })
    await producer.send({ topic, body: 'hopeless' })
    await eventually(async () => (await admin.topicStats(`%DLQ%${one.group}`)).some(({ maxOffset }) => maxOffset === 1))
  })
})

describe('groups', () => {
  test('share the queues; nothing is lost when members come and go', async () => {
    const topic = await newTopic(8)
    const group = unique('CG')
    const first = await consumer(topic, { group })
    const second = await consumer(topic, { group })
    const own = ({ one }: typeof first) => one.queues.filter((queue) => queue.topic === topic).length
    await eventually(() => own(first) > 0 && own(second) > 0 && own(first) + own(second) === own(first) * 2)
    await sendAll(numbered(topic, 200))
    await eventually(() => first.received.length + second.received.length >= 200)
    await first.one.close()
    await sendAll(numbered(topic, 200, { tags: 'later' }))
    await eventually(() => second.received.filter((message) => message.tags === 'later').length >= 200, 30_000)
    expect(new Set([...first.received, ...second.received].map((message) => message.msgId)).size).toBe(400)
  })

  test('go on where they stopped', async () => {
    const topic = await newTopic()
    const group = unique('CG')
    await sendAll(numbered(topic, 50))
    const first = await consumer(topic, { group })
    await eventually(() => first.received.length >= 50)
    await first.one.close()
    const progress = await admin.consumeStats(group, topic)
    expect(progress.lag).toBe(0)
    expect(progress.queues).toHaveLength(4)
    const second = await consumer(topic, { group })
    await sendAll(numbered(topic, 10, { tags: 'new' }))
    await eventually(() => second.received.length >= 10)
    expect(second.received.every((message) => message.tags === 'new')).toBe(true)
  })

  test('broadcasting: every member gets everything', async () => {
    const topic = await newTopic()
    const group = unique('CG')
    const offsetsDirectory = `/tmp/${unique('offsets')}`
    const members = [
      await consumer(topic, { group, messageModel: 'broadcasting', offsetsDirectory }),
      await consumer(topic, { group, messageModel: 'broadcasting', offsetsDirectory }),
    ]
    await sendAll(numbered(topic, 40))
    await eventually(() => members.every(({ received }) => received.length >= 40))
    expect(texts(members[0]!.received)).toEqual(texts(members[1]!.received))
  })

  test('are seen by admin tools, and can be moved by them while they run', async () => {
    const topic = await newTopic(1)
    const { one, received } = await consumer(topic)
    const startMs = Date.now()
    await sendAll(numbered(topic, 10))
    await eventually(() => received.length === 10)
    const connection = await admin.examineConsumerConnection(one.group)
    expect(connection).toMatchObject({ messageModel: 'CLUSTERING', consumeType: 'CONSUME_PASSIVELY' })
    expect(connection.connectionSet.map((member) => member.clientId)).toEqual([one.clientId])
    const [address] = await admin.masters(clusterName)
    const info = await admin.consumerRunningInfo(address!, one.group, one.clientId)
    expect(info.subscriptionSet.map((subscription) => subscription.topic)).toContain(topic)
    const direct = await admin.consumeMessageDirectly(address!, one.group, one.clientId, received[0]!.offsetMsgId)
    expect(direct.consumeResult).toBe('CR_SUCCESS')
    // The reset compares with committed offsets: they are committed every 5 s.
    await eventually(async () => (await admin.consumerOffset(one.group, received[0]!.queue)) === 10, 20_000)
    const before = received.length
    await admin.resetOffset({ group: one.group, topic, timestampMs: startMs - 1000 })
    await eventually(() => received.length >= before + 10)
    await eventually(async () => (await admin.topicConsumers(topic)).includes(one.group), 10_000)
  }, 60_000)
})

describe('pull consumer', () => {
  test('iterates, seeks and commits', async () => {
    const topic = await newTopic(1)
    await sendAll(numbered(topic, 30))
    const reader = new PullConsumer({
      namesrv: cluster.namesrv,
      group: unique('CG'),
      consumeFrom: 'first',
      subscriptions: { [topic]: '*' },
    })
    toClose.push(reader)
    await reader.start()
    const seen: string[] = []
    for await (const message of reader) if (seen.push(message.text()) === 30) break
    expect(seen).toEqual(numbered(topic, 30).map((one) => one.body))
    await reader.commit()
    const [queue] = reader.queues
    expect(await admin.consumerOffset(reader.group, queue!)).toBe(30)
    await reader.seek(queue!, 28)
    expect((await reader.poll()).map((one) => one.text())).toEqual(['28', '29'])
  })

  test('reads assigned queues', async () => {
    const topic = await newTopic(2)
    const reader = await new PullConsumer({
      namesrv: cluster.namesrv,
      group: unique('CG'),
      consumeFrom: 'first',
    }).start()
    toClose.push(reader)
    const queues = await reader.topicQueues(topic)
    await producer.send({ topic, body: 'one' }, { queue: queues[1] })
    await producer.send({ topic, body: 'other' }, { queue: queues[0] })
    await reader.assign([queues[1]!])
    expect((await reader.poll()).map((one) => one.text())).toEqual(['one'])
  })
})

describe('admin client', () => {
  test('makes, describes and deletes topics', async () => {
    const topic = await newTopic(3)
    expect(await admin.topicList()).toContain(topic)
    const route = await admin.topicRoute(topic)
    expect(route.queueDatas[0]).toMatchObject({ readQueueNums: 3, writeQueueNums: 3, perm: 6 })
    await sendAll(numbered(topic, 6))
    const stats = await admin.topicStats(topic)
    expect(stats.reduce((sum, one) => sum + one.maxOffset - one.minOffset, 0)).toBe(6)
    await admin.deleteTopic({ topic, cluster: clusterName })
    await eventually(async () => !(await admin.topicList()).includes(topic))
    await expect(admin.topicRoute(topic)).rejects.toMatchObject({ code: 'REFUSED', details: { responseCode: 17 } })
  })

  test('reads messages by offset, time and key', async () => {
    const topic = await newTopic(1)
    const key = unique('key')
    const before = Date.now()
    await sendAll(numbered(topic, 5))
    await producer.send({ topic, body: 'keyed', keys: key })
    const queue = (await admin.topicStats(topic))[0]!.queue
    expect(await admin.maxOffset(queue)).toBe(6)
    expect(await admin.minOffset(queue)).toBe(0)
    expect(await admin.searchOffset(queue, before - 60_000)).toBe(0)
    expect(await admin.earliestStoreTime(queue)).toBeGreaterThan(before - 60_000)
    const { messages, nextOffset, status } = await admin.pullMessages(queue, 4, 10)
    expect([messages.map((one) => one.text()), nextOffset, status]).toEqual([['4', 'keyed'], 6, 'FOUND'])
    expect(await admin.pullMessages(queue, 6, 10)).toMatchObject({ status: 'NO_NEW_MESSAGE', messages: [] })
  })

  test('tells how brokers are', async () => {
    const [address] = await admin.masters(clusterName)
    const info = await admin.brokerRuntimeInfo(address!)
    expect(info.brokerVersionDesc).toMatch(/^V\d/)
    const config = await admin.brokerConfig(address!)
    expect(config.get('brokerClusterName')).toBe(clusterName)
  })

  test('keeps groups and settings', async () => {
    const groupName = unique('Kept')
    const [address] = await admin.masters(clusterName)
    await admin.updateSubscriptionGroup({ addr: address }, { groupName, retryMaxTimes: 3 })
    expect((await admin.subscriptionGroups(address!)).get(groupName)).toMatchObject({
      retryMaxTimes: 3,
      retryQueueNums: 1,
    })
    await admin.deleteSubscriptionGroup({ addr: address }, groupName)
    expect((await admin.subscriptionGroups(address!)).has(groupName)).toBe(false)
    const namespace = unique('NS')
    await admin.putKvConfig(namespace, 'a', 'b')
    expect(await admin.getKvConfig(namespace, 'a')).toBe('b')
    expect(await admin.listKvConfig(namespace)).toEqual({ a: 'b' })
    await admin.deleteKvConfig(namespace, 'a')
    expect(await admin.getKvConfig(namespace, 'a')).toBeUndefined()
  })

  test('errors say what is wrong', async () => {
    await expect(admin.examineConsumerConnection(unique('Nobody'))).rejects.toBeInstanceOf(ClientError)
    await expect(admin.viewMessage('nonsense')).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    await expect(admin.createTopic({ addr: '127.0.0.1:1', topic: 'T' })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
    })
    await expect(admin.createTopic({ cluster: 'Nowhere', topic: 'T' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

test('a hundred thousand messages from many senders arrive, each once', async () => {
  const topic = await newTopic(4)
  const { received } = await consumer(topic)
  const total = 100_000
  const started = performance.now()
  for (let sent = 0; sent < total; sent += 5000) await sendAll(numbered(topic, 5000))
  const seconds = (performance.now() - started) / 1000
  await eventually(() => received.length >= total, 60_000)
  expect(new Set(received.map((one) => one.offsetMsgId)).size).toBe(total)
  console.log(`sent ${Math.round(total / seconds)} messages a second`)
}, 120_000)
