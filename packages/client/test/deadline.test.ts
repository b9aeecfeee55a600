import { RequestCode } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { Producer, PullConsumer, type SendOptions } from '../src/index.js'
import { FakeCluster } from './support/fake-cluster.js'

async function silentBroker() {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  const { sim } = cluster
  cluster.broker().intercept = ({ code }) => (code === RequestCode.SEND_MESSAGE_V2 ? 'silence' : undefined)
  const producer = await sim.settle(new Producer({ ...cluster.options, timeout: 3000 }).start())
  const { clock } = sim.host('client').io
  const inMs = (ms: number) => new Date(clock.now() + ms)
  return { cluster, sim, producer, inMs }
}

describe('a deadline', () => {
  test.each<[string, (inMs: (ms: number) => Date) => SendOptions, number]>([
    ['alone', (inMs) => ({ deadline: inMs(500) }), 500],
    ['later than the usual time', (inMs) => ({ deadline: inMs(8000) }), 8000],
    ['with an earlier timeout', (inMs) => ({ deadline: inMs(8000), timeout: 200 }), 200],
    ['with a later timeout', (inMs) => ({ deadline: inMs(700), timeout: 2000 }), 700],
  ])('%s ends a send', async (_, options, afterMs) => {
    const { sim, producer, inMs } = await silentBroker()
    const from = sim.elapsedMs
    const sent = producer.send({ topic: 'Orders', body: 'x' }, options(inMs))
    await sim.settle(expect(sent).rejects.toMatchObject({ code: 'TIMEOUT' }))
    expect(sim.elapsedMs - from).toBeCloseTo(afterMs, -2)
    await sim.settle(producer.close({ timeout: 1 }))
  })

  test('that is over lets nothing begin', async () => {
    const { cluster, sim, producer, inMs } = await silentBroker()
    const options = { deadline: inMs(-1) }
    const message = { topic: 'Orders', body: 'x' }
    const calls = [
      () => producer.send(message, options),
      () => producer.sendBatch([message], options),
      () => producer.sendOneway(message, options),
      () => producer.request(message, options),
    ]
    for (const call of calls)
      await sim.settle(expect(call()).rejects.toMatchObject({ code: 'TIMEOUT', details: { attempts: 0 } }))
    expect(cluster.broker().requestsOf(RequestCode.SEND_MESSAGE_V2)).toEqual([])
    await sim.settle(producer.close({ timeout: 1 }))
  })

  test('ends a poll', async () => {
    const { cluster, sim, inMs } = await silentBroker()
    const reader = new PullConsumer({ ...cluster.options, group: 'CG', subscriptions: { Orders: '*' } })
    await sim.settle(reader.start())
    const from = sim.elapsedMs
    expect(await sim.settle(reader.poll({ deadline: inMs(300) }))).toEqual([])
    expect(sim.elapsedMs - from).toBeCloseTo(300, -1)
    await sim.settle(reader.close())
  })
})
