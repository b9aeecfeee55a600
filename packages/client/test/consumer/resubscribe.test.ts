import { expect, test } from 'vitest'
import { PushConsumer } from '../../src/index.js'
import { range } from '../support/consuming.js'
import { SimulatedCluster } from '../support/simulated-cluster.js'

/** A member joins and leaves at once, so that the shares of the group are worked out while its other member subscribes anew. */
test.each(range(6))('another expression counts, though shares are worked out meanwhile (%i)', async (delay) => {
  const cluster = await new SimulatedCluster(delay).start()
  const { sim, producer } = cluster
  await cluster.createTopic('Orders', 2)
  const received: string[] = []
  const options = { group: 'CG', consumeFrom: 'first', subscriptions: { Orders: 'A' } } as const
  const handler = (message: { text(): string }) => void received.push(message.text())
  const consumer = new PushConsumer({ ...cluster.on('a'), ...options, handler })
  await sim.settle(consumer.start())
  const other = new PushConsumer({ ...cluster.on('b'), ...options, handler: () => 'later' as const })
  const coming = other.start().then(() => other.close())
  await sim.run(2 * delay)
  await sim.settle(Promise.all([consumer.subscribe('Orders', 'B'), coming]))
  await sim.run(30_000)
  const sends = ['A', 'B', 'A', 'B'].map((tags, i) => producer.send({ topic: 'Orders', body: `${tags}${i}`, tags }))
  await sim.settle(Promise.all(sends))
  await sim.run(5000)
  expect(received.sort()).toEqual(['B1', 'B3'])
})
