import { decodeHeartbeatData, RequestCode, type MessageQueue } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { PullConsumer, PushConsumer, type ReceivedMessage } from '../../src/index.js'
import { FakeCluster } from '../support/fake-cluster.js'

const namespace = 'tenant'
const tagged = 'TAGS\u0001t\u0002'

const clusterWithOrders = async () => {
  const cluster = await new FakeCluster().start(1, { 'tenant%Orders': 1 })
  for (const body of ['0', '1', '2']) cluster.broker().store('tenant%Orders', 0, Buffer.from(body), tagged)
  return cluster
}

describe('in a namespace', () => {
  test('brokers see wrapped names, handlers see their own, retried messages too', async () => {
    const cluster = await clusterWithOrders()
    const received: ReceivedMessage[] = []
    const events: { topic: string; queues: MessageQueue[] }[] = []
    const consumer = new PushConsumer({ ...cluster.options, namespace, group: 'Billing', consumeFrom: 'first' })
    consumer.on('rebalanced', (event) => events.push(event))
    await consumer.subscribe('Orders', '*', (message) => {
      received.push(message)
      return message.text() === '1' && message.reconsumeTimes === 0 ? 'later' : 'success'
    })
    await cluster.sim.settle(consumer.start())
    await cluster.sim.until(() => received.length === 4, 60_000)

    const [data] = decodeHeartbeatData(cluster.broker().requestsOf(RequestCode.HEART_BEAT).at(-1)!.body).consumerDataSet
    expect(data!.groupName).toBe('tenant%Billing')
    expect(data!.subscriptionDataSet.map((one) => one.topic)).toEqual(['tenant%Orders', '%RETRY%tenant%Billing'])
    const [back] = cluster.broker().requestsOf(RequestCode.CONSUMER_SEND_MSG_BACK)
    expect(back!.extFields).toMatchObject({ group: 'tenant%Billing', originTopic: 'tenant%Orders' })

    expect(consumer.group).toBe('Billing')
    expect(received.map((one) => one.topic)).toEqual(['Orders', 'Orders', 'Orders', 'Orders'])
    expect(received.map((one) => one.queue.topic)).toEqual(['Orders', 'Orders', 'Orders', '%RETRY%Billing'])
    expect(new Set(consumer.queues.map((one) => one.topic))).toEqual(new Set(['Orders', '%RETRY%Billing']))
    expect(events.find((one) => one.topic === 'Orders')!.queues.map((one) => one.topic)).toEqual(['Orders'])
    await cluster.sim.settle(consumer.close())
    expect(cluster.broker().offsets.get('tenant%Orders@tenant%Billing/0')).toBe(3)
  })

  test('a message that cannot be given back is sent to the retry topic under brokers’ names', async () => {
    const cluster = await clusterWithOrders()
    cluster.broker().intercept = ({ code }) => (code === RequestCode.CONSUMER_SEND_MSG_BACK ? { code: 1 } : undefined)
    const consumer = new PushConsumer({ ...cluster.options, namespace, group: 'Billing', consumeFrom: 'first' })
    await consumer.subscribe('Orders', '*', () => 'later')
    await cluster.sim.settle(consumer.start())
    await cluster.sim.until(() => cluster.broker().requestsOf(RequestCode.SEND_MESSAGE_V2).length > 0)
    const [sent] = cluster.broker().requestsOf(RequestCode.SEND_MESSAGE_V2)
    expect(sent!.extFields!.b).toBe('%RETRY%tenant%Billing')
    expect(sent!.extFields!.i).toContain('RETRY_TOPIC\u0001tenant%Orders\u0002')
    await cluster.sim.settle(consumer.close())
  })

  test('queues are taken by the name they are handed out by, and by the brokers’', async () => {
    const cluster = await clusterWithOrders()
    const reader = new PullConsumer({ ...cluster.options, namespace, group: 'Reports', consumeFrom: 'first' })
    await cluster.sim.settle(reader.start())
    const [queue] = await cluster.sim.settle(reader.topicQueues('Orders'))
    expect(queue!.topic).toBe('Orders')
    await cluster.sim.settle(reader.assign([queue!]))
    expect((await cluster.sim.settle(reader.poll())).map((one) => one.text())).toEqual(['0', '1', '2'])
    await cluster.sim.settle(reader.seek(queue!, 1))
    expect(reader.position({ ...queue!, topic: 'tenant%Orders' })).toBe(1)
    await cluster.sim.settle(reader.close())
  })
})

test('unit mode and unit name are told to brokers', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  cluster.broker().store('Orders', 0, Buffer.from('0'), tagged)
  const unit = { unitMode: true, unitName: 'north' }
  const consumer = new PushConsumer({ ...cluster.options, ...unit, group: 'CG', consumeFrom: 'first' })
  await consumer.subscribe('Orders', '*', () => 'later')
  await cluster.sim.settle(consumer.start())
  await cluster.sim.until(() => cluster.broker().requestsOf(RequestCode.CONSUMER_SEND_MSG_BACK).length > 0)
  expect(consumer.clientId).toMatch(/@north$/)
  const data = decodeHeartbeatData(cluster.broker().requestsOf(RequestCode.HEART_BEAT).at(-1)!.body)
  expect(data.consumerDataSet[0]!.unitMode).toBe(true)
  const [back] = cluster.broker().requestsOf(RequestCode.CONSUMER_SEND_MSG_BACK)
  expect(back!.extFields!.unitMode).toBe('true')
  await cluster.sim.settle(consumer.close())
})

test('a client id of one’s own is used as it is, and by one consumer of a group only', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  const options = { ...cluster.options, clientId: 'billing-1', group: 'CG', handler: () => {} }
  const consumer = new PushConsumer(options)
  expect(consumer.clientId).toBe('billing-1')
  expect(() => new PushConsumer(options)).toThrow("client id 'billing-1' is taken")
  await cluster.sim.settle(consumer.close())
  const next = new PushConsumer(options)
  expect(next.clientId).toBe('billing-1')
  await cluster.sim.settle(next.close())
})

test('the committed offset of a queue can be asked for, and a time can be sought', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  for (const body of ['0', '1', '2']) cluster.broker().store('Orders', 0, Buffer.from(body), tagged)
  const asked: string[] = []
  cluster.broker().intercept = ({ code, extFields }) => {
    if (code !== RequestCode.SEARCH_OFFSET_BY_TIMESTAMP) return undefined
    asked.push(extFields!.timestamp!)
    return { code: 0, extFields: { offset: '2' } }
  }
  const subscriptions = { Orders: '*' }
  const reader = new PullConsumer({ ...cluster.options, group: 'CG', consumeFrom: 'first', subscriptions })
  await cluster.sim.settle(reader.start())
  const [queue] = reader.queues
  expect(await cluster.sim.settle(reader.committed(queue!))).toBeUndefined()
  await cluster.sim.settle(reader.poll({ max: 2 }))
  await cluster.sim.settle(reader.commit())
  expect(await cluster.sim.settle(reader.committed(queue!))).toBe(2)
  await cluster.sim.settle(reader.seek(queue!, new Date(1234)))
  expect(asked).toEqual(['1234'])
  expect((await cluster.sim.settle(reader.poll())).map((one) => one.text())).toEqual(['2'])
  await cluster.sim.settle(reader.close())
})
