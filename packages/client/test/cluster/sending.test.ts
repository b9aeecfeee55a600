import { describe, expect, test } from 'vitest'
import { batched, PushConsumer } from '../../src/index.js'
import { ClusterSuite, eventually, numbered, pause } from './cluster-suite.js'

const suite = new ClusterSuite()

describe('send and consume', () => {
  test('each message arrives once, as it was sent', async () => {
    const topic = await suite.newTopic()
    const { received } = await suite.consumer(topic)
    const results = await suite.sendAll([
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
    await pause(300)
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
    const topic = await suite.newTopic()
    const results = await suite.sendAll(numbered(topic, 20))
    for (const [i, result] of results.entries()) {
      const message = await suite.admin.viewMessage(result.offsetMsgId)
      expect(message.text()).toBe(`${i}`)
      expect(message.queueOffset).toBe(result.queueOffset)
      expect(message.queue.queueId).toBe(result.queue.queueId)
      expect(message.msgId).toBe(result.msgId)
    }
  })

  test('a topic that nobody made is made by the first send, where brokers allow it', async () => {
    const topic = suite.unique('Auto')
    const { queue } = await suite.producer.send({ topic, body: 'first' })
    await eventually(async () => (await suite.admin.topicStats(topic)).some((one) => one.maxOffset === 1))
    expect(queue.topic).toBe(topic)
  })

  test('one-way messages arrive', async () => {
    const topic = await suite.newTopic()
    const { received } = await suite.consumer(topic)
    await suite.producer.sendOneway({ topic, body: 'gone' })
    await eventually(() => received.length === 1)
  })

  test('a hundred thousand messages from many senders arrive, each once', async () => {
    const topic = await suite.newTopic(4)
    const { received } = await suite.consumer(topic)
    const total = 100_000
    const started = performance.now()
    for (let sent = 0; sent < total; sent += 5000) await suite.sendAll(numbered(topic, 5000))
    const seconds = (performance.now() - started) / 1000
    await eventually(() => received.length >= total, 60_000)
    expect(new Set(received.map((one) => one.offsetMsgId)).size).toBe(total)
    console.log(`sent ${Math.round(total / seconds)} messages a second`)
  }, 120_000)
})

describe('batch', () => {
  test('a batch lies in one queue at consecutive offsets', async () => {
    const topic = await suite.newTopic()
    const results = await suite.producer.sendBatch(numbered(topic, 10))
    expect(results.map((one) => one.queueOffset)).toEqual(results.map((_, i) => results[0]!.queueOffset + i))
    expect(new Set(results.map((one) => one.queue.queueId)).size).toBe(1)
  })

  test('messages are consumed together; those that failed come again alone', async () => {
    const topic = await suite.newTopic(1)
    await suite.producer.sendBatch(numbered(topic, 10))
    const sizes: number[] = []
    const seen: string[] = []
    const consumer = suite.closing(
      new PushConsumer({ namesrv: suite.namesrv, group: suite.unique('CG'), consumeFrom: 'first' }),
    )
    const handler = batched(10, (messages) => {
      sizes.push(messages.length)
      seen.push(...messages.map((one) => `${one.text()} ${one.reconsumeTimes}`))
      return { failed: messages.filter((one) => one.text() === '3' && one.reconsumeTimes === 0), later: 1 }
    })
    await consumer.subscribe(topic, '*', handler)
    await consumer.start()
    await eventually(() => seen.length === 11)
    expect(Math.max(...sizes)).toBeGreaterThan(1)
    expect(seen.sort()).toEqual([...numbered(topic, 10).map((one) => `${one.body as string} 0`), '3 1'].sort())
  })
})

describe('delay levels', () => {
  test('a delayed message comes later', async () => {
    const topic = await suite.newTopic()
    const { received } = await suite.consumer(topic)
    const sentMs = Date.now()
    await suite.producer.send({ topic, body: 'later', delayLevel: 1 })
    await eventually(() => received.length === 1)
    expect(Date.now() - sentMs).toBeGreaterThan(900)
  })
})
