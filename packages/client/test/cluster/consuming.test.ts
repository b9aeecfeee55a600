import { describe, expect, test } from 'vitest'
import { PushConsumer, type AllocationStrategy, type PushConsumerOptions } from '../../src/index.js'
import { ClusterSuite, eventually, numbered, pause, texts } from './cluster-suite.js'

const suite = new ClusterSuite()

describe('changes of subscription', () => {
  test('topics come and go while a consumer runs', async () => {
    const [first, second] = [await suite.newTopic(1), await suite.newTopic(1)]
    const { one, received } = await suite.consumer(first)
    await suite.producer.send({ topic: first, body: 'one' })
    await eventually(() => received.length === 1)
    await one.subscribe(second)
    await suite.producer.send({ topic: second, body: 'two' })
    await eventually(() => received.length === 2)
    await one.unsubscribe(first)
    await suite.producer.send({ topic: first, body: 'unheard' })
    await suite.producer.send({ topic: second, body: 'three' })
    await eventually(() => received.length >= 3)
    await pause(300)
    expect(received.map((message) => message.text())).toEqual(['one', 'two', 'three'])
  })

  test('another expression counts from then on', async () => {
    const topic = await suite.newTopic(1)
    const { one, received } = await suite.consumer(topic, { expression: 'A' })
    const sendBoth = (body: string) => suite.sendAll(['A', 'B'].map((tags) => ({ topic, body, tags })))
    await sendBoth('before')
    await eventually(() => received.length === 1)
    await one.subscribe(topic, 'B')
    // What was pulled under the old expression is gone by when a message under the new one has come.
    await eventually(async () => {
      await suite.producer.send({ topic, body: 'try', tags: 'B' })
      await pause(100)
      return received.length > 1
    })
    const from = received.length
    await sendBoth('after')
    await eventually(() => received.slice(from).some((message) => message.text() === 'after'))
    await pause(300)
    expect(new Set(received.slice(1).map((message) => message.tags))).toEqual(new Set(['B']))
  })
})

describe('rebalance strategies', () => {
  const queueCount = 8
  /** Two members: the queue ids that each of them has, the lesser client id first. */
  async function shares(allocation: PushConsumerOptions['allocation']): Promise<number[][]> {
    const topic = await suite.newTopic(queueCount)
    const group = suite.unique('CG')
    const ids = [suite.unique('a'), suite.unique('b')]
    const members = ids.map((clientId) => {
      const options = { namesrv: suite.namesrv, group, clientId, allocation, subscriptions: { [topic]: '*' } }
      return suite.closing(new PushConsumer({ ...options, handler: () => {} }))
    })
    await Promise.all(members.map((one) => one.start()))
    const idsOf = (one: PushConsumer) =>
      one.queues
        .filter((queue) => queue.topic === topic)
        .map(({ queueId }) => queueId)
        .sort()
    // While one does not know the other yet, it has all: together they have each queue once in the end.
    await eventually(() => members.flatMap(idsOf).length === queueCount)
    const all = members.map(idsOf)
    expect(all.flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    return all
  }

  const evenly: AllocationStrategy = {
    name: 'EVEN_QUEUES_TO_THE_FIRST',
    allocate: (id, ids, queues) => queues.filter(({ queueId }) => queueId % 2 === ids.indexOf(id)),
  }

  test.each([
    [
      'AVG',
      [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
      ],
    ],
    [
      'AVG_BY_CIRCLE',
      [
        [0, 2, 4, 6],
        [1, 3, 5, 7],
      ],
    ],
    [
      evenly,
      [
        [0, 2, 4, 6],
        [1, 3, 5, 7],
      ],
    ],
  ] as const)('%o', async (allocation, expected) => expect(await shares(allocation)).toEqual(expected))

  test('CONSISTENT_HASH gives each queue to one member', async () => {
    await shares('CONSISTENT_HASH')
  })
})

describe('pause and resume', () => {
  test('a paused consumer gets nothing until it is resumed, and nothing is lost', async () => {
    const topic = await suite.newTopic(2)
    const { one, received } = await suite.consumer(topic)
    await suite.sendAll(numbered(topic, 5))
    await eventually(() => received.length === 5)
    one.pause()
    await suite.sendAll(numbered(topic, 5, { tags: 'paused' }))
    await eventually(async () => (await suite.countOf(topic)) === 10)
    await pause(500)
    expect(received).toHaveLength(5)
    one.resume()
    await eventually(() => received.length >= 10)
    expect(texts(received.slice(5))).toEqual(['0', '1', '2', '3', '4'])
  })
})
