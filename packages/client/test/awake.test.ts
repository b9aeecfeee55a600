import { expect, test } from 'vitest'
import { Producer, PushConsumer } from '../src/index.js'
import { FakeCluster } from './support/fake-cluster.js'

test('a process stays awake from the start of the first client to the close of the last', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  const { sim } = cluster
  const { host, ...world } = sim.host('client').io
  let holds = 0
  const stayAwake = () => {
    holds++
    return () => void holds--
  }
  const options = { ...cluster.options, io: { ...world, host: { ...host, stayAwake } } }
  const producer = new Producer(options)
  const consumer = new PushConsumer({ ...options, group: 'Awake' })
  await consumer.subscribe('Orders', '*', () => {})
  expect(holds).toBe(0)
  await sim.settle(producer.start())
  expect(holds).toBe(1)
  await sim.settle(consumer.start())
  expect(holds).toBe(1)
  await sim.settle(producer.close())
  expect(holds).toBe(1)
  await sim.settle(consumer.close())
  expect(holds).toBe(0)
})
