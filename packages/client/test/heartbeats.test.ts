import { RequestCode } from '@mq/protocol'
import { expect, test } from 'vitest'
import { Producer, PushConsumer, type ReceivedMessage } from '../src/index.js'
import { fill } from './support/consuming.js'
import { FakeCluster } from './support/fake-cluster.js'

const { HEART_BEAT } = RequestCode

test('a broker that was down when the consumer started is told as soon as it is up', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  const { sim } = cluster
  sim.host('broker-a').kill()
  const received: ReceivedMessage[] = []
  const consumer = new PushConsumer({
    ...{ ...cluster.options, group: 'CG', subscriptions: { Orders: '*' }, consumeFrom: 'first' },
    handler: (message) => void received.push(message),
  })
  const starting = consumer.start()
  await sim.run(9000)
  await cluster.restartBroker(0, { Orders: 1 })
  fill(cluster, 0, 1)
  await sim.until(() => received.length === 1, 3000)
  await sim.settle(starting)
  await sim.settle(consumer.close())
})

test('a broker that restarts is told again, also by a client that asks nothing of it', async () => {
  const cluster = await new FakeCluster().start(2, { Orders: 1 })
  const { sim } = cluster
  const consumer = new PushConsumer({
    ...cluster.options,
    group: 'CG',
    subscriptions: { Orders: '*' },
    handler: () => {},
  })
  await sim.settle(consumer.start())
  // Nothing is pulled, so that only heartbeats connect.
  consumer.pause()
  await sim.run(20_000)
  const again = await cluster.restartBroker(1, { Orders: 1 })
  await sim.until(() => again.requestsOf(HEART_BEAT).length > 0, 3000)
  await sim.settle(consumer.close())
})

test('a broker that was gone from the routes while it was down is told when it is back', async () => {
  const cluster = await new FakeCluster().start(2, { Orders: 1 })
  const { sim } = cluster
  const producer = new Producer({ ...cluster.options, group: 'PG' })
  await sim.settle(producer.start())
  await sim.settle(producer.send({ topic: 'Orders', body: 'x' }))
  await sim.run(20_000)
  sim.host('broker-b').kill()
  cluster.hidden.add('broker-b')
  await sim.run(35_000)
  cluster.hidden.clear()
  const again = await cluster.restartBroker(1, { Orders: 1 })
  // The routes are looked at again after at most five seconds more, a heartbeat to all would come 30 s later.
  await sim.until(() => again.requestsOf(HEART_BEAT).length > 0, 8000)
  await sim.settle(producer.close())
})

test('nothing is tried again after the last member has gone', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  const { sim } = cluster
  sim.host('broker-a').kill()
  const consumer = new PushConsumer({
    ...cluster.options,
    group: 'CG',
    subscriptions: { Orders: '*' },
    handler: () => {},
  })
  const starting = consumer.start()
  starting.catch(() => {})
  await sim.run(100)
  await sim.settle(consumer.close())
  const again = await cluster.restartBroker(0, { Orders: 1 })
  await sim.run(60_000)
  expect(again.requests).toEqual([])
})
