import { expect, test } from 'vitest'
import { PullConsumer, PushConsumer, type ConsumerEvents, type PushConsumerOptions } from '../../src/index.js'
import { consuming, fill } from '../support/consuming.js'
import { FakeCluster, recordingLogger } from '../support/fake-cluster.js'
import { SimulatedCluster } from '../support/simulated-cluster.js'

test('a member that gets no queue says so once, and what to do', async () => {
  const { consumer, sim, cluster } = await consuming(() => {}, { queues: 1 })
  const logger = recordingLogger()
  const empty: ConsumerEvents['emptyAllocation'][] = []
  const second = new PushConsumer({
    ...{ ...cluster.options, logger, group: 'CG', handler: () => {}, subscriptions: { Orders: '*' } },
    // The last in the list of members, so that the other one keeps the queue.
    clientId: 'zz',
    io: sim.host('second').io,
  })
  second.on('emptyAllocation', (event) => empty.push(event))
  await sim.settle(consumer.start())
  await sim.settle(second.start())
  await sim.run(60_000)
  expect(empty).toEqual([{ topic: 'Orders', memberCount: 2, queueCount: 1 }])
  expect(logger.lines.filter((line) => line.includes('gets no queue of Orders'))).toEqual([
    'warn: this member of group CG gets no queue of Orders: 2 members share 1. Give the topic more queues (mqadmin updateTopic -r -w), or run no more members than it has queues.',
  ])
  await sim.settle(consumer.close())
  await sim.run(1000)
  expect(second.queues.filter(({ topic }) => topic === 'Orders')).toHaveLength(1)
  await sim.settle(second.close())
})

test('falling behind is told once, with what to do', async () => {
  const { consumer, sim, cluster, events, listen, logger, after } = await consuming(() => after(100), {
    ...{ messages: 3000, concurrency: 1, cachedMessagesMax: 32, lagWarning: 1000 },
  })
  listen('lagging')
  await sim.settle(consumer.start())
  await sim.run(30_000)
  fill(cluster, 3000, 3100)
  await sim.run(30_000)
  expect(events.lagging).toHaveLength(1)
  expect(logger.lines.filter((line) => line.includes('group CG falls behind'))[0]).toMatch(/raise concurrency/)
  await sim.settle(consumer.close({ timeout: 1 }))
})

async function twoMembers(
  first: Partial<PushConsumerOptions>,
  second: Partial<PushConsumerOptions>,
  during: (sim: SimulatedCluster['sim']) => Promise<void>,
) {
  const cluster = await new SimulatedCluster().start()
  for (const topic of ['Orders', 'Payments']) await cluster.createTopic(topic, 4)
  const events: ConsumerEvents['subscriptionsDiffer'][] = []
  const logger = recordingLogger()
  const members = [first, second].map((options, i) => {
    const common = { ...cluster.on(`host${i}`), logger, group: 'CG', handler: () => {} }
    const member = new PushConsumer({ ...common, ...options })
    member.on('subscriptionsDiffer', (event) => events.push(event))
    return member
  })
  for (const one of members) await cluster.sim.settle(one.start())
  await during(cluster.sim)
  for (const one of members) await cluster.sim.settle(one.close())
  return { events, lines: logger.lines.filter((line) => line.includes('subscribe to different things')) }
}

test('members that subscribe to different things are told so', async () => {
  const { events, lines } = await twoMembers(
    { subscriptions: { Orders: 'a || b' } },
    { subscriptions: { Orders: 'a', Payments: '*' } },
    (sim) => sim.run(120_000),
  )
  expect(events.length).toBeGreaterThanOrEqual(1)
  expect(events.length).toBeLessThanOrEqual(2)
  expect(events.flatMap((one) => one.differences)).toContainEqual({ topic: 'Orders', own: 'a || b', other: 'a' })
  expect(lines[0]).toContain('Orders: here ')
})

test('members that say the same in other words are not', async () => {
  const { events } = await twoMembers(
    { subscriptions: { Orders: 'a||b', Payments: '*' } },
    { subscriptions: { Payments: '*', Orders: 'b || a' } },
    (sim) => sim.run(120_000),
  )
  expect(events).toEqual([])
})

test('a topic with other queues than before is told; what is assigned stays', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 2 })
  const { sim } = cluster
  const logger = recordingLogger()
  const reader = new PullConsumer({ ...cluster.options, logger, group: 'CG', consumeFrom: 'first' })
  const changes: ConsumerEvents['topicQueuesChanged'][] = []
  reader.on('topicQueuesChanged', (event) => changes.push(event))
  await sim.settle(reader.start())
  await sim.settle(reader.assign(await sim.settle(reader.topicQueues('Orders'))))
  cluster.broker().topics.set('Orders', 3)
  await sim.run(31_000)
  const queue = (queueId: number) => ({ topic: 'Orders', brokerName: 'broker-a', queueId })
  expect(changes).toEqual([{ topic: 'Orders', queues: [queue(0), queue(1), queue(2)], added: [queue(2)], removed: [] }])
  expect(reader.queues).toHaveLength(2)
  expect(logger.lines.find((line) => line.includes('Call assign() again'))).toContain('Orders has 1 new queues')
  await sim.settle(reader.close())
})

test('a subscribed topic with other queues is told, and rebalanced', async () => {
  const { consumer, sim, cluster, events, listen } = await consuming(() => {}, { queues: 2 })
  listen('topicQueuesChanged')
  await sim.settle(consumer.start())
  cluster.broker().topics.set('Orders', 1)
  await sim.run(31_000)
  expect(events.topicQueuesChanged).toMatchObject([{ topic: 'Orders', added: [], removed: [{ queueId: 1 }] }])
  expect(consumer.queues.filter(({ topic }) => topic === 'Orders')).toHaveLength(1)
  await sim.settle(consumer.close())
})
