import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, expect, test } from 'vitest'
import { channelNames, Producer, PushConsumer, type ConsumeEvent, type SendEvent } from '../../src/index.js'
import { FakeCluster } from '../support/fake-cluster.js'

const stops: (() => void)[] = []
function watch(name: string, listener: (event: never) => void): void {
  const onMessage = (event: unknown) => listener(event as never)
  subscribe(name, onMessage)
  stops.push(() => unsubscribe(name, onMessage))
}
afterEach(() => stops.splice(0).forEach((stop) => stop()))

test('who watches sees sends, may add properties, and may run handlers within a context', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  const { sim, options } = cluster
  const seen: string[] = []
  const started = new Set<unknown>()
  watch(channelNames.sendStart, (event: SendEvent) => {
    started.add(event)
    event.properties.traceparent = '00-1'
  })
  watch(channelNames.sendEnd, (event: SendEvent) => {
    expect(started.has(event)).toBe(true)
    seen.push(`sent ${event.group} ${event.result?.status ?? (event.error as { code: string }).code}`)
  })
  watch(channelNames.consumeStart, (event: ConsumeEvent) => {
    event.run = (handler) => {
      seen.push('enter')
      return handler()
    }
  })
  watch(channelNames.consumeEnd, (event: ConsumeEvent) => {
    seen.push(`consumed ${event.message.property('traceparent')} ${String(event.error ?? event.outcome)}`)
  })
  const consumer = new PushConsumer({
    ...{ ...options, group: 'CG', consumeFrom: 'first', subscriptions: { Orders: '*' } },
    handler: ({ reconsumeTimes }) => {
      if (reconsumeTimes === 0) throw new Error('not yet')
    },
  })
  await sim.settle(consumer.start())
  const producer = await sim.settle(new Producer({ ...options, group: 'PG', maxMessageBytes: 10 }).start())
  await sim.settle(producer.send({ topic: 'Orders', body: 'x' }))
  await sim.settle(producer.send({ topic: 'Orders', body: 'x'.repeat(11) }).catch(() => {}))
  await sim.run(20_000)
  await sim.settle(consumer.close())
  expect(seen.filter((one) => one.startsWith('sent'))).toEqual(['sent PG SEND_OK', 'sent PG MESSAGE_INVALID'])
  expect(seen.filter((one) => !one.startsWith('sent'))).toEqual([
    'enter',
    'consumed 00-1 Error: not yet',
    'enter',
    'consumed 00-1 undefined',
  ])
})

test('middleware stands around handlers, the first outermost, and may change the outcome', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  const { sim, options } = cluster
  const seen: string[] = []
  const consumer = new PushConsumer({
    ...{ ...options, group: 'CG', consumeFrom: 'first' },
    middleware: [
      async (message, _context, next) => {
        seen.push(`outer ${message.text()}`)
        try {
          return await next()
        } catch (error) {
          seen.push((error as Error).message)
          return 'success'
        }
      },
      (_message, _context, next) => {
        seen.push('inner')
        return next()
      },
    ],
  })
  await consumer.subscribe('Orders', '*', () => {
    throw new Error('swallowed')
  })
  await sim.settle(consumer.start())
  cluster.broker().store('Orders', 0, Buffer.from('x'), '')
  await sim.run(20_000)
  await sim.settle(consumer.close())
  expect(seen).toEqual(['outer x', 'inner', 'swallowed'])
})
