import { describe, expect, test } from 'vitest'
import { ClusterSuite, eventually } from './cluster-suite.js'

const suite = new ClusterSuite()

describe('retry and dead letters', () => {
  test('a message that fails comes again, with its topic and its count', async () => {
    const topic = await suite.newTopic()
    const { received } = await suite.consumer(topic, {
      handler: (message) => (message.reconsumeTimes < 2 ? { later: 1 } : 'success'),
    })
    const sent = await suite.producer.send({ topic, body: 'stubborn', tags: 'T' })
    await eventually(() => received.length === 3)
    expect(received.map((one) => one.reconsumeTimes)).toEqual([0, 1, 2])
    expect(received.map((one) => one.topic)).toEqual([topic, topic, topic])
    expect(new Set(received.map((one) => one.msgId))).toEqual(new Set([sent.msgId]))
  })

  test('a message given up goes to the dead-letter queue', async () => {
    const topic = await suite.newTopic()
    const { one } = await suite.consumer(topic, { handler: () => ({ later: -1 }) })
    await suite.producer.send({ topic, body: 'hopeless' })
    await eventually(async () =>
      (await suite.admin.topicStats(`%DLQ%${one.group}`)).some(({ maxOffset }) => maxOffset === 1),
    )
  })

  test('a message whose handler takes too long comes again', async () => {
    const topic = await suite.newTopic(1)
    const { one, received } = await suite.consumer(topic, {
      consumeTimeout: 500,
      handler: (message) => (message.reconsumeTimes === 0 ? new Promise<void>(() => {}) : 'success'),
    })
    const sent = await suite.producer.send({ topic, body: 'slow' })
    await eventually(() => received.length === 2, 60_000)
    expect(received[1]).toMatchObject({ msgId: sent.msgId, reconsumeTimes: 1, topic })
    await one.close({ timeout: 1000 })
  })
})
