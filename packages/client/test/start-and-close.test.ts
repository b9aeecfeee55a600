import type { Io } from '@mq/io'
import { decodeHeartbeatData, RequestCode } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { Producer, PullConsumer, PushConsumer, TransactionProducer, type ClientError } from '../src/index.js'
import { fill } from './support/consuming.js'
import { FakeCluster } from './support/fake-cluster.js'

type Client = Producer | PushConsumer | PullConsumer

const consumer = { subscriptions: { Orders: '*' }, handler: () => {}, concurrency: { min: 1, max: 9 } }
const kinds: [string, (options: FakeCluster['options'], group: string) => Client][] = [
  ['producer', (options, group) => new Producer({ ...options, group })],
  ['transaction producer', (options, group) => new TransactionProducer({ ...options, group, check: () => 'unknown' })],
  ['push consumer', (options, group) => new PushConsumer({ ...options, group, ...consumer })],
  ['pull consumer', (options, group) => new PullConsumer({ ...options, group, subscriptions: { Orders: '*' } })],
]

/** The options of a cluster's clients, with a count of the repeating timers that run. */
function counting(cluster: FakeCluster) {
  const { clock, ...world } = cluster.options.io
  const count = { timers: 0 }
  const every: Io['clock']['every'] = (...args) => {
    const timer = clock.every(...args)
    count.timers++
    let runs = true
    const cancel = () => {
      if (runs) count.timers--
      runs = false
      timer.cancel()
    }
    return { ...timer, cancel }
  }
  return { count, options: { ...cluster.options, io: { ...world, clock: { ...clock, every } } } }
}

test.each<[string, (options: FakeCluster['options']) => unknown]>([
  ['producer', (options) => new Producer({ ...options, trace: { topic: 'no topic!' } })],
  ['transaction producer', (options) => new TransactionProducer({ ...options, check: 'commit' as never })],
  ['push consumer', (options) => new PushConsumer({ ...options, group: 'CG', trace: { topic: 'no topic!' } })],
  ['pull consumer', (options) => new PullConsumer({ ...options, group: 'CG', trace: { topic: 'no topic!' } })],
])('a %s with a wrong option leaves nothing behind', (_kind, make) => {
  const { options, count } = counting(new FakeCluster())
  expect(() => make(options)).toThrow()
  expect(count.timers).toBe(0)
})

const outcome = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'started',
    (error: ClientError) => error.code,
  )

describe.each(kinds)('a %s', (_kind, make) => {
  async function beside() {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const { options, count } = counting(cluster)
    // The instance is shared with one that stays, so that it does not end with the other's close.
    const stays = await cluster.sim.settle(new Producer({ ...options, group: 'Stays' }).start())
    await cluster.sim.settle(stays.send({ topic: 'Orders', body: 'so that it has a broker to tell' }))
    return { cluster, sim: cluster.sim, options, count, stays, before: count.timers }
  }

  test.each([0, 0.3, 0.6, 1, 1.5, 2, 3, 5])('that is closed %d ms into its start is not started', async (afterMs) => {
    const { cluster, sim, options, count, stays, before } = await beside()
    const client = make(options, 'Goes')
    const starting = outcome(client.start())
    await sim.run(afterMs)
    await sim.settle(client.close({ timeout: 100 }))
    await sim.settle(starting)
    await sim.run(1000)
    expect(count.timers).toBe(before)
    cluster.broker().requests.length = 0
    await sim.run(60_000)
    const told = cluster
      .broker()
      .requestsOf(RequestCode.HEART_BEAT)
      .map(({ body }) => decodeHeartbeatData(body))
    const groups = told.flatMap((one) => [...one.consumerDataSet, ...one.producerDataSet].map((data) => data.groupName))
    expect(groups).not.toContain('Goes')
    await sim.settle(stays.close())
    expect(count.timers).toBe(0)
  })

  test('that is closed at once says so', async () => {
    const { sim, options } = await beside()
    const client = make(options, 'Goes')
    const starting = outcome(client.start())
    await sim.settle(client.close({ timeout: 100 }))
    expect(await sim.settle(starting)).toBe('CLOSED')
  })

  test('that is started twice at the same time starts once', async () => {
    const { sim, options, count } = await beside()
    const once = make(options, 'Once')
    await sim.settle<unknown>(once.start())
    const timersOfOne = count.timers
    await sim.settle(once.close())
    const timersOfNone = count.timers
    const twice = make(options, 'Twice')
    await sim.settle(Promise.all([twice.start(), twice.start()]))
    expect(count.timers).toBe(timersOfOne)
    await sim.settle(twice.close())
    expect(count.timers).toBe(timersOfNone)
  })

  test('whose start failed can be started again', async () => {
    const cluster = new FakeCluster()
    await cluster.addBroker({ Orders: 1 })
    const client = make(cluster.options, 'Again')
    expect(await cluster.sim.settle(outcome(client.start()))).toBe('NAMESRV_UNREACHABLE')
    await cluster.startNameServer()
    await cluster.sim.run(3000)
    expect(await cluster.sim.settle(outcome(client.start()))).toBe('started')
    await cluster.sim.settle(client.close())
  })
})

test('a push consumer whose handler closes it has started, also when its start is not quite over', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  fill(cluster, 0, 1)
  const consumer = new PushConsumer({
    ...cluster.options,
    group: 'CG',
    consumeFrom: 'first',
    subscriptions: { Orders: '*' },
    handler: () => void consumer.close(),
  })
  expect(await cluster.sim.settle(outcome(consumer.start()))).toBe('started')
  await cluster.sim.settle(consumer.close())
})
