import { decodeHeartbeatData, decodeProperties, RequestCode } from '@mq/protocol'
import { expect, test } from 'vitest'
import { Producer } from '../../src/index.js'
import { FakeCluster } from '../support/fake-cluster.js'

test('a namespace stands before topics and groups at the broker, and is unseen by the application', async () => {
  const cluster = await new FakeCluster().start(1, { 'tenant%Orders': 4 })
  const { sim } = cluster
  const producer = await sim.settle(
    new Producer({ ...cluster.options, group: 'PG', namespace: 'tenant', unitMode: true }).start(),
  )
  expect(producer.group).toBe('PG')
  const queues = await sim.settle(producer.queues('Orders'))
  expect(queues.map((one) => one.topic)).toEqual(['Orders', 'Orders', 'Orders', 'Orders'])
  const offered: string[] = []
  const results = [
    await sim.settle(producer.send({ topic: 'Orders', body: 'x' })),
    await sim.settle(producer.send({ topic: 'Orders', body: 'x' }, { queue: queues[3] })),
    await sim.settle(
      producer.send(
        { topic: 'Orders', body: 'x' },
        { selector: (all, { topic }) => (offered.push(topic, all[0]!.topic), all[2]) },
      ),
    ),
    ...(await sim.settle(producer.sendBatch([{ topic: 'Orders', body: 'x' }]))),
  ]
  await sim.settle(producer.sendOneway({ topic: 'Orders', body: 'x' }))
  await sim.run(100)
  expect(offered).toEqual(['Orders', 'Orders'])
  expect(new Set(results.map((one) => one.queue.topic))).toEqual(new Set(['Orders']))
  expect(results.slice(1, 3).map((one) => one.queue.queueId)).toEqual([3, 2])
  const broker = cluster.broker()
  const sent = broker.requestsOf(RequestCode.SEND_MESSAGE_V2)
  expect(sent).toHaveLength(4)
  for (const { extFields } of sent) {
    expect(extFields).toMatchObject({ a: 'tenant%PG', b: 'tenant%Orders', k: 'true' })
    expect(decodeProperties(extFields!.i!).INSTANCE_ID).toBe('tenant')
  }
  const groups = broker
    .requestsOf(RequestCode.HEART_BEAT)
    .flatMap((one) => decodeHeartbeatData(one.body).producerDataSet.map(({ groupName }) => groupName))
  expect(new Set(groups)).toEqual(new Set(['tenant%PG']))
})

test('two producers of a group are announced until both are closed', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  const { sim } = cluster
  const [first, second] = [1, 2].map(() => new Producer({ ...cluster.options, group: 'PG' }))
  await sim.settle(first!.start())
  await sim.settle(second!.start())
  await sim.settle(first!.send({ topic: 'Orders', body: 'x' }))
  const gone = () => cluster.broker().requestsOf(RequestCode.UNREGISTER_CLIENT)
  await sim.settle(second!.close())
  expect(gone()).toEqual([])
  await sim.settle(first!.close())
  expect(gone().map((one) => one.extFields!.producerGroup)).toEqual(['PG'])
})
