import { expect, test } from 'vitest'
import { PushConsumer, type ClientError } from '../../src/index.js'
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
])('an expression %s is told, and brings nothing', async (_, enablePropertyFilter, sql) => {
  const { bodies, problems } = await consumed({ enablePropertyFilter }, sql)
  expect(bodies).toEqual([])
  expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['EXPRESSION_REFUSED']))
  expect(problems[0]!.message).toContain(`(expression '${sql}')`)
})
