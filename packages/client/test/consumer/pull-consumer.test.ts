import { RequestCode } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { PullConsumer, type PullConsumerOptions, type ReceivedMessage } from '../../src/index.js'
import { FakeCluster } from '../support/fake-cluster.js'

async function started(cluster: FakeCluster, options: Partial<PullConsumerOptions> = {}): Promise<PullConsumer> {
  const subscriptions = { Orders: '*' }
  const consumer = new PullConsumer({
    ...cluster.options,
    group: 'CG',
    consumeFrom: 'first',
    subscriptions,
    ...options,
  })
  return cluster.sim.settle(consumer.start())
}

async function filled(messages: number, queues = 2): Promise<FakeCluster> {
  const cluster = await new FakeCluster().start(1, { Orders: queues })
  for (let i = 0; i < messages; i++) cluster.broker().store('Orders', i % queues, Buffer.from(`${i}`), '')
  return cluster
}

const texts = (messages: ReceivedMessage[]) => messages.map((one) => Number(one.text()))
const sorted = (numbers: number[]) => [...numbers].sort((a, b) => a - b)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const offset = (cluster: FakeCluster, queueId = 0) => cluster.broker().offsets.get(`Orders@CG/${queueId}`)

describe('poll', () => {
  test('hands out what there is, at most so many, and nothing when the time is over', async () => {
    const cluster = await filled(10)
    const consumer = await started(cluster)
    const all: number[] = []
    while (all.length < 10) all.push(...texts(await cluster.sim.settle(consumer.poll({ max: 4 }))))
    expect(sorted(all)).toEqual(range(0, 10))
    const from = cluster.sim.elapsedMs
    expect(await cluster.sim.settle(consumer.poll({ timeout: 300 }))).toEqual([])
    expect(cluster.sim.elapsedMs - from).toBeCloseTo(300, -1)
  })

  test('waits for the first message and no longer', async () => {
    const cluster = await filled(0)
    const consumer = await started(cluster)
    const polled = consumer.poll({ timeout: 10_000 })
    await cluster.sim.run(500)
    cluster.broker().store('Orders', 0, Buffer.from('7'), '')
    const from = cluster.sim.elapsedMs
    expect(texts(await cluster.sim.settle(polled))).toEqual([7])
    expect(cluster.sim.elapsedMs - from).toBeLessThan(5)
  })

  test('counts messages as consumed when the next are asked for', async () => {
    const cluster = await filled(4, 1)
    const consumer = await started(cluster)
    await cluster.sim.settle(consumer.poll({ max: 2 }))
    await cluster.sim.run(6000)
    expect(offset(cluster) ?? 0).toBe(0)
    await cluster.sim.settle(consumer.poll({ max: 1 }))
    await cluster.sim.run(6000)
    expect(offset(cluster)).toBe(2)
    await cluster.sim.settle(consumer.commit())
    expect(offset(cluster)).toBe(3)
  })

  test('without autoCommit only commit() commits', async () => {
    const cluster = await filled(4, 1)
    const consumer = await started(cluster, { autoCommit: false })
    await cluster.sim.settle(consumer.poll({ max: 4 }))
    await cluster.sim.settle(consumer.poll({ timeout: 10 }))
    await cluster.sim.run(60_000)
    expect(offset(cluster)).toBeUndefined()
    await cluster.sim.settle(consumer.commit())
    expect(offset(cluster)).toBe(4)
    await cluster.sim.settle(consumer.close())
  })

  test('gives up with its signal', async () => {
    const cluster = await filled(0)
    const consumer = await started(cluster)
    const abort = new AbortController()
    const polled = consumer.poll({ signal: abort.signal }).catch((error) => error)
    await cluster.sim.run(10)
    abort.abort()
    expect(await cluster.sim.settle(polled)).toMatchObject({ code: 'ABORTED' })
  })
})

describe('iteration', () => {
  test('brings messages one by one and ends with close; the last one counts as not consumed', async () => {
    const cluster = await filled(3, 1)
    const consumer = await started(cluster)
    const seen: number[] = []
    const reading = (async () => {
      for await (const message of consumer) {
        seen.push(Number(message.text()))
        if (seen.length === 3) void consumer.close()
      }
    })()
    await cluster.sim.settle(reading)
    await cluster.sim.run(100)
    expect(seen).toEqual([0, 1, 2])
    expect(offset(cluster)).toBe(2)
  })

  test('may be broken off and taken up again', async () => {
    const cluster = await filled(5, 1)
    const consumer = await started(cluster)
    const take = async (count: number) => {
      const seen: number[] = []
      for await (const message of consumer) {
        seen.push(Number(message.text()))
        if (seen.length === count) break
      }
      return seen
    }
    expect(await cluster.sim.settle(take(2))).toEqual([0, 1])
    expect(await cluster.sim.settle(take(3))).toEqual([2, 3, 4])
  })

  test('an iterator that waits ends with close', async () => {
    const cluster = await filled(0)
    const consumer = await started(cluster)
    const reading = (async () => {
      for await (const message of consumer) expect.fail(message.text())
    })()
    await cluster.sim.run(100)
    await cluster.sim.settle(consumer.close())
    await cluster.sim.settle(reading)
  })
})

describe('queues', () => {
  test('seek goes anywhere at once, though a pull is held', async () => {
    const cluster = await filled(10, 1)
    const consumer = await started(cluster)
    const [queue] = consumer.queues
    await cluster.sim.settle(consumer.poll({ max: 10 }))
    await cluster.sim.run(1000)
    await cluster.sim.settle(consumer.seek(queue!, 8))
    expect(texts(await cluster.sim.settle(consumer.poll({ timeout: 100 })))).toEqual([8, 9])
    await cluster.sim.settle(consumer.seek(queue!, 'first'))
    expect(consumer.position(queue!)).toBe(0)
    expect(texts(await cluster.sim.settle(consumer.poll({ max: 1 })))).toEqual([0])
    await cluster.sim.settle(consumer.seek(queue!, 'last'))
    expect(await cluster.sim.settle(consumer.poll({ timeout: 100 }))).toEqual([])
  })

  test('assigned queues are read without a place in the group', async () => {
    const cluster = await filled(10, 2)
    const consumer = await started(cluster, { subscriptions: {} })
    const queues = await cluster.sim.settle(consumer.topicQueues('Orders'))
    await cluster.sim.settle(consumer.assign([queues[1]!]))
    expect(texts(await cluster.sim.settle(consumer.poll()))).toEqual([1, 3, 5, 7, 9])
    await cluster.sim.settle(consumer.commit())
    expect(cluster.broker().members.size).toBe(0)
    await cluster.sim.settle(consumer.assign([queues[0]!]))
    expect(consumer.queues).toEqual([queues[0]])
    await cluster.sim.settle(consumer.close())
    expect(offset(cluster, 1)).toBe(5)
  })

  test('seek of one that is taken away meanwhile fails, and leaves the bound of memory as it is', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 2 })
    for (let i = 0; i < 40; i++) cluster.broker().store('Orders', i % 2, Buffer.alloc(300), '')
    // Three of these messages are more.
    const consumer = await started(cluster, { subscriptions: {}, cachedBytesMax: 1000, pullBatchSize: 1 })
    const queues = await cluster.sim.settle(consumer.topicQueues('Orders'))
    await cluster.sim.settle(consumer.assign([queues[0]!]))
    await cluster.sim.run(100)
    const sought = consumer.seek(queues[0]!, 'last').catch((error) => error)
    await cluster.sim.settle(consumer.assign([queues[1]!]))
    expect(await cluster.sim.settle(sought)).toMatchObject({ code: 'NOT_FOUND' })
    await cluster.sim.run(1000)
    const pulls = cluster
      .broker()
      .requestsOf(RequestCode.PULL_MESSAGE)
      .map(({ extFields }) => extFields!)
    const offsets = pulls.filter(({ queueId }) => queueId === '1').map(({ queueOffset }) => Number(queueOffset))
    expect(offsets).toEqual([0, 1, 2])
  })

  test('seek that ends after close fails', async () => {
    const cluster = await filled(10, 1)
    const consumer = await started(cluster)
    const sought = consumer.seek(consumer.queues[0]!, 'last').catch((error) => error)
    await cluster.sim.settle(consumer.close())
    expect(await cluster.sim.settle(sought)).toMatchObject({ code: 'CLOSED' })
    // Nothing was asked for before the close.
    expect(offset(cluster)).toBe(0)
  })

  test('of somebody else cannot be moved', async () => {
    const cluster = await filled(1)
    const consumer = await started(cluster)
    const queue = { topic: 'Orders', brokerName: 'broker-z', queueId: 9 }
    expect(() => consumer.position(queue)).toThrow('is not one of this consumer')
  })
})

test('using it before the start and after close is an error that says so', async () => {
  const cluster = await filled(1)
  const consumer = new PullConsumer({ ...cluster.options, group: 'CG' })
  await expect(consumer.poll()).rejects.toMatchObject({ code: 'NOT_STARTED' })
  await cluster.sim.settle(consumer.close())
  await expect(consumer.poll()).rejects.toMatchObject({ code: 'CLOSED' })
})
