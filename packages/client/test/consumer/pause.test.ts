import { RequestCode } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { PullConsumer, type ReceivedMessage } from '../../src/index.js'
import { bodies, consuming, fill, range } from '../support/consuming.js'
import { FakeCluster } from '../support/fake-cluster.js'

const sorted = (messages: readonly ReceivedMessage[]) => bodies(messages).sort((a, b) => a - b)

describe('a push consumer that is paused', () => {
  test('begins nothing, fetches nothing, and goes on with all there is', async () => {
    const seen: ReceivedMessage[] = []
    const { consumer, cluster, broker, sim } = await consuming((one) => void seen.push(one), { queues: 2 })
    await sim.settle(consumer.start())
    consumer.pause()
    expect(consumer.pausedQueues.filter(({ topic }) => topic === 'Orders')).toHaveLength(2)
    // Brings the answers of the pulls that were on their way.
    fill(cluster, 0, 2)
    await sim.run(100)
    const pulls = broker.requestsOf(RequestCode.PULL_MESSAGE).length
    fill(cluster, 2, 10)
    await sim.run(60_000)
    expect(seen).toEqual([])
    expect(broker.requestsOf(RequestCode.PULL_MESSAGE).length - pulls).toBeLessThanOrEqual(2)
    consumer.resume()
    await sim.run(100)
    expect(sorted(seen)).toEqual(range(10))
    expect(consumer.pausedQueues).toEqual([])
    await sim.settle(consumer.close())
    expect(broker.offsets.get('Orders@CG/0')).toBe(5)
  })

  test('queue by queue: the others go on; handlers that run end', async () => {
    const seen: ReceivedMessage[] = []
    const { consumer, sim, cluster, after } = await consuming(
      async (one) => {
        await after(50)
        seen.push(one)
      },
      { queues: 2, messages: 4, concurrency: 1 },
    )
    await sim.settle(consumer.start())
    await sim.run(10)
    const [first, second] = consumer.queues.filter(({ topic }) => topic === 'Orders')
    consumer.pause([first!, second!])
    await sim.run(1000)
    expect(seen).toHaveLength(1)
    consumer.resume([second!])
    fill(cluster, 4, 8)
    await sim.run(1000)
    const ofFirst = seen.filter((one) => one.queue.queueId === first!.queueId)
    expect(ofFirst.length).toBeLessThanOrEqual(1)
    expect(seen.length - ofFirst.length).toBe(4)
    consumer.resume()
    await sim.run(1000)
    expect(sorted(seen)).toEqual(range(8))
    await sim.settle(consumer.close())
  })

  test('in order: a message that was to be tried again stays the next one', async () => {
    const seen: string[] = []
    const { consumer, sim } = await consuming(
      (one) => {
        seen.push(one.text())
        return one.text() === '1' && seen.length === 2 ? 'later' : 'success'
      },
      { messages: 4, ordered: true, suspendMs: 500, messageModel: 'broadcasting', offsetsDirectory: '/app' },
    )
    await sim.settle(consumer.start())
    await sim.run(100)
    consumer.pause()
    await sim.run(5000)
    expect(seen).toEqual(['0', '1'])
    consumer.resume()
    await sim.run(100)
    expect(seen).toEqual(['0', '1', '1', '2', '3'])
    await sim.settle(consumer.close())
  })
})

test('a pull consumer hands out nothing of what is paused', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 2 })
  const { sim } = cluster
  const reader = new PullConsumer({
    ...{ ...cluster.options, group: 'CG', subscriptions: { Orders: '*' }, consumeFrom: 'first' },
  })
  await sim.settle(reader.start())
  fill(cluster, 0, 6)
  await sim.run(100)
  const [first] = reader.queues
  reader.pause([first!])
  expect(reader.pausedQueues).toEqual([first])
  const rest = await sim.settle(reader.poll({ timeout: 100 }))
  expect(bodies(rest)).toEqual([1, 3, 5])
  expect(await sim.settle(reader.poll({ timeout: 100 }))).toEqual([])
  reader.resume()
  expect(bodies(await sim.settle(reader.poll({ timeout: 100 })))).toEqual([0, 2, 4])
  await sim.settle(reader.close())
})
