import { RequestCode, ResponseCode } from '@mq/protocol'
import { expect, test } from 'vitest'
import { PushConsumer, type ClientError } from '../../src/index.js'
import { consuming } from '../support/consuming.js'
import { SimulatedCluster } from '../support/simulated-cluster.js'

async function consumed(brokerConfig: Record<string, unknown>, sql: string) {
  const cluster = await new SimulatedCluster().start(brokerConfig)
  const { sim, producer } = cluster
  await cluster.createTopic('Orders', 2)
  const problems: ClientError[] = []
  const bodies: string[] = []
  const consumer = new PushConsumer({ ...cluster.on('client'), group: 'CG', consumeFrom: 'first' })
  consumer.on('problem', ({ error }) => problems.push(error))
  await consumer.subscribe('Orders', { sql }, (message) => void bodies.push(message.text()))
  await sim.settle(consumer.start())
  const sends = ['1', '2', '3'].map((a) => producer.send({ topic: 'Orders', body: a, tags: 'any', properties: { a } }))
  await sim.settle(Promise.all(sends))
  await sim.run(5000)
  await sim.settle(consumer.close())
  return { bodies: bodies.sort(), problems }
}

test('the broker filters by an SQL92 expression', async () => {
  const { bodies, problems } = await consumed({ enablePropertyFilter: true }, "a > 1 AND TAGS = 'any'")
  expect(bodies).toEqual(['2', '3'])
  expect(problems).toEqual([])
})

test.each([
  ['that no broker understands', true, 'a >'],
  ['of a broker that does not filter', false, 'a > 1'],
])('an expression %s is refused at the start, and when it is subscribed to', async (_, enablePropertyFilter, sql) => {
  const cluster = await new SimulatedCluster().start({ enablePropertyFilter })
  await cluster.createTopic('Orders', 2)
  const options = { ...cluster.on('client'), group: 'CG', handler: () => {} }
  const refusal = { code: 'EXPRESSION_REFUSED', message: expect.stringContaining(`(expression '${sql}')`) }
  const consumer = new PushConsumer({ ...options, subscriptions: { Orders: { sql } } })
  await cluster.sim.settle(expect(consumer.start()).rejects.toMatchObject(refusal))
  // Corrected, it starts; and what is refused later leaves what is subscribed to as it was.
  await consumer.subscribe('Orders')
  await cluster.sim.settle(consumer.start())
  await cluster.sim.settle(expect(consumer.subscribe('Orders', { sql })).rejects.toMatchObject(refusal))
  expect(consumer.queues.filter(({ topic }) => topic === 'Orders')).toHaveLength(2)
  await cluster.sim.settle(consumer.close())
})

test('the refusal names the place in the expression', async () => {
  const cluster = await new SimulatedCluster().start({ enablePropertyFilter: true })
  await cluster.createTopic('Orders', 2)
  const consumer = new PushConsumer({ ...cluster.on('client'), group: 'CG', handler: () => {} })
  await consumer.subscribe('Orders', { sql: 'price > 100 AND (colour = ' })
  const error = await cluster.sim.settle(consumer.start().catch((one: ClientError) => one))
  expect((error as ClientError).message).toMatch(/character 27: /)
  await cluster.sim.settle(consumer.close())
})

test('a broker that refuses an expression later is told of by problem events', async () => {
  const { consumer, sim, broker, events, listen } = await consuming(() => {}, {
    subscriptions: { Orders: { sql: 'a > 1' } },
  })
  listen('problem')
  broker.intercept = ({ code }) =>
    code === RequestCode.CHECK_CLIENT_CONFIG
      ? { code: 0 }
      : code === RequestCode.PULL_MESSAGE
        ? { code: ResponseCode.SUBSCRIPTION_PARSE_FAILED, remark: 'no filters here' }
        : undefined
  await sim.settle(consumer.start())
  await sim.run(1000)
  const refused = events.problem!.filter(({ error }) => error.details.topic === 'Orders')
  expect(refused[0]!.error).toMatchObject({ code: 'EXPRESSION_REFUSED' })
  expect(refused[0]!.error.message).toContain("(expression 'a > 1')")
  await sim.settle(consumer.close())
})
