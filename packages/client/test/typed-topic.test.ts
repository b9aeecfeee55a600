import { expect, test } from 'vitest'
import { Producer, PushConsumer, topic, type ClientError, type StandardSchema } from '../src/index.js'
import { FakeCluster } from './support/fake-cluster.js'

interface Order {
  id: number
}
/** As validators that follow the specification do it. */
const schema: StandardSchema<Order> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof (value as Order).id === 'number'
        ? { value: { id: (value as Order).id } }
        : { issues: [{ message: 'must be a number', path: [{ key: 'id' }] }] },
  },
}

const thrown = (run: () => unknown): ClientError => {
  try {
    run()
  } catch (error) {
    return error as ClientError
  }
  return expect.fail('it did not throw')
}

test('values travel from producer to handler, checked at both ends', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  const { sim, options } = cluster
  const Orders = topic('Orders', { schema })
  const seen: [Order, string | undefined][] = []
  const failed: string[] = []
  const consumer = new PushConsumer({ ...options, group: 'G', consumeFrom: 'first' })
  const handler = Orders.handler((order, message) => void seen.push([order, message.tags]))
  await consumer.subscribe(Orders.name, '*', (message, context) => {
    try {
      return handler(message, context)
    } catch (error) {
      failed.push((error as ClientError).code)
      return 'success'
    }
  })
  await sim.settle(consumer.start())
  const producer = await sim.settle(new Producer(options).start())
  await sim.settle(producer.send(Orders.message({ id: 7, more: 'left out' } as Order, { tags: 'new' })))
  for (const body of ['{"id":"seven"}', 'no JSON']) await sim.settle(producer.send({ topic: 'Orders', body }))
  await sim.run(1000)
  expect(seen).toEqual([[{ id: 7 }, 'new']])
  expect(failed).toEqual(['MESSAGE_INVALID', 'MESSAGE_INVALID'])
})

test('a value that does not fit is not sent, and the error says where', () => {
  const error = thrown(() => topic('Orders', { schema }).message({ id: 'seven' } as never))
  expect(error).toMatchObject({ code: 'MESSAGE_INVALID', details: { topic: 'Orders' } })
  expect(error.message).toBe('a value of topic Orders does not fit its schema: id: must be a number')
})

test('a schema that makes callers wait is refused', () => {
  const validate = () => Promise.reject(new Error('late'))
  const slow: StandardSchema<Order> = { '~standard': { version: 1, vendor: 'slow', validate } }
  expect(thrown(() => topic('Orders', { schema: slow }).message({ id: 1 })).code).toBe('OPTION_INVALID')
})

test('bodies can have a form of their own', () => {
  const Numbers = topic<number>('Numbers', {
    codec: { encode: (value) => Buffer.from([value]), decode: (body) => body[0]! },
  })
  expect(Numbers.message(5, { keys: 'k' })).toEqual({ topic: 'Numbers', body: Buffer.from([5]), keys: 'k' })
})
