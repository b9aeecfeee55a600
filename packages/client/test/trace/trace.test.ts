import { inflateSync } from 'node:zlib'
import { decodeProperties, decodeTraceRecords, RequestCode, type TraceRecord } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { Producer, PullConsumer, PushConsumer, TransactionProducer } from '../../src/index.js'
import { leaseInstance } from '../../src/client-instance/shared-instances.js'
import { Tracer } from '../../src/trace/tracer.js'
import { FakeCluster, recordingLogger } from '../support/fake-cluster.js'

const topics = { Orders: 1, RMQ_SYS_TRACE_TOPIC: 1, MyTrace: 1 }

function traced(cluster: FakeCluster, topic = 'RMQ_SYS_TRACE_TOPIC') {
  const messages = cluster
    .broker()
    .requestsOf(RequestCode.SEND_MESSAGE_V2)
    .filter((one) => one.extFields!.b === topic)
  const bodies = messages.map(({ extFields, body }) => (extFields!.f === '1' ? inflateSync(body!) : Buffer.from(body!)))
  const records = bodies.flatMap((body) => decodeTraceRecords(body.toString())) as TraceRecord[]
  return { messages, bodies, records, fields: messages.map((one) => one.extFields!) }
}

describe('a producer with trace', () => {
  test('reports what it has sent, many messages in one, and never its own trace', async () => {
    const cluster = await new FakeCluster().start(1, topics)
    const { sim } = cluster
    const producer = await sim.settle(new Producer({ ...cluster.options, group: 'PG', trace: true }).start())
    const results = await sim.settle(
      Promise.all(
        [1, 2, 3].map((i) => producer.send({ topic: 'Orders', body: 'hello', tags: 'T', keys: [`k${i}`, 'all'] })),
      ),
    )
    await sim.run(10_000)
    const { messages, records, fields } = traced(cluster)
    expect(messages).toHaveLength(1)
    expect(fields[0]!.a).toBe('_INNER_TRACE_PRODUCER-PG-PRODUCE')
    const keys = decodeProperties(fields[0]!.i!).KEYS!.split(' ')
    expect(new Set(keys)).toEqual(new Set([...results.map((one) => one.msgId), 'k1', 'k2', 'k3', 'all']))
    expect(records).toHaveLength(3)
    expect(records[0]).toMatchObject({
      ...{ type: 'Pub', regionId: 'DefaultRegion', group: 'PG', topic: 'Orders', msgId: results[0]!.msgId, tags: 'T' },
      ...{ keys: 'k1 all', storeHost: cluster.broker().address, bodyLength: 5, messageType: 0, success: true },
      offsetMsgId: results[0]!.offsetMsgId,
    })
    await sim.settle(producer.close())
  })

  test('to a topic of its own; failures too; what waits is sent at the end', async () => {
    const cluster = await new FakeCluster().start(1, topics)
    const { sim } = cluster
    const options = { ...cluster.options, trace: { topic: 'MyTrace' }, retries: 0 }
    const producer = await sim.settle(new Producer(options).start())
    cluster.broker().intercept = ({ code, extFields }) =>
      code === RequestCode.SEND_MESSAGE_V2 && extFields!.b === 'Orders' ? { code: 13, remark: 'no' } : undefined
    await sim.settle(producer.send({ topic: 'Orders', body: 'x' }).catch(() => {}))
    await sim.settle(producer.close())
    expect(traced(cluster, 'MyTrace').records).toMatchObject([{ type: 'Pub', success: false, offsetMsgId: '' }])
  })

  test('says nothing when the broker wants no trace, and nothing without the option', async () => {
    const cluster = await new FakeCluster().start(1, topics)
    const { sim } = cluster
    const silent = await sim.settle(new Producer(cluster.options).start())
    await sim.settle(silent.send({ topic: 'Orders', body: 'x' }))
    cluster.broker().intercept = ({ code }) =>
      code === RequestCode.SEND_MESSAGE_V2
        ? { code: 0, extFields: { msgId: 'x', queueId: '0', queueOffset: '0', TRACE_ON: 'false' } }
        : undefined
    const producer = await sim.settle(new Producer({ ...cluster.options, group: 'PG', trace: true }).start())
    await sim.settle(producer.send({ topic: 'Orders', body: 'x' }))
    await sim.settle(producer.close())
    await sim.run(10_000)
    expect(traced(cluster).messages).toEqual([])
  })

  test('reports transactions: half messages and their ends', async () => {
    const cluster = await new FakeCluster().start(1, topics)
    const { sim } = cluster
    cluster.broker().intercept = ({ code }) => (code === RequestCode.END_TRANSACTION ? { code: 0 } : undefined)
    const producer = new TransactionProducer({ ...cluster.options, group: 'PG', trace: true, check: () => 'unknown' })
    await sim.settle(producer.start())
    const sent = await sim.settle(producer.sendInTransaction({ topic: 'Orders', body: 'x' }, () => 'rollback'))
    await sim.settle(producer.close())
    expect(traced(cluster).records).toMatchObject([
      { type: 'Pub', messageType: 1, msgId: sent.msgId },
      {
        type: 'EndTransaction',
        transactionState: 'ROLLBACK_MESSAGE',
        transactionId: sent.msgId,
        storeHost: cluster.broker().address,
      },
    ])
  })

  test('keeps its messages below what brokers take', async () => {
    const cluster = await new FakeCluster().start(1, topics)
    const { sim } = cluster
    const producer = await sim.settle(new Producer({ ...cluster.options, trace: true }).start())
    await sim.settle(
      Promise.all(Array.from({ length: 1000 }, (_, i) => producer.send({ topic: 'Orders', body: `${i}` }))),
    )
    await sim.settle(producer.close())
    const { bodies, records } = traced(cluster)
    expect(records).toHaveLength(1000)
    expect(bodies.every((body) => body.length < 128 * 1024)).toBe(true)
  })
})

test('a consumer with trace reports each try of a message, its end and its outcome', async () => {
  const cluster = await new FakeCluster().start(1, topics)
  const { sim } = cluster
  const consumer = new PushConsumer({
    ...{ ...cluster.options, group: 'CG', consumeFrom: 'first', trace: true, subscriptions: { Orders: '*' } },
    handler: (message) => {
      if (message.reconsumeTimes === 0) throw new Error('not yet')
      return message.reconsumeTimes === 1 ? 'later' : 'success'
    },
  })
  await sim.settle(consumer.start())
  cluster.broker().store('Orders', 0, Buffer.from('x'), 'UNIQ_KEY\u0001U1\u0002KEYS\u0001k1\u0002')
  await sim.run(60_000)
  await sim.settle(consumer.close())
  const { records, fields } = traced(cluster)
  expect(new Set(fields.map((one) => one.a))).toEqual(new Set(['_INNER_TRACE_PRODUCER-CG-CONSUME']))
  const befores = records.filter((one) => one.type === 'SubBefore')
  const afters = records.filter((one) => one.type === 'SubAfter')
  expect(befores.map((one) => [one.msgId, one.retryTimes, one.keys, one.group])).toEqual(
    [0, 1, 2].map((tries) => ['U1', tries, 'k1', 'CG']),
  )
  expect(afters.map((one) => [one.contextCode, one.success])).toEqual([
    [2, false],
    [4, false],
    [0, true],
  ])
  expect(afters.map((one) => one.requestId)).toEqual(befores.map((one) => one.requestId))
})

test('a pull consumer with trace reports each message from its handing out to when it counts as consumed', async () => {
  const cluster = await new FakeCluster().start(1, topics)
  const { sim } = cluster
  const reader = new PullConsumer({
    ...{ ...cluster.options, group: 'CG', consumeFrom: 'first', trace: true, subscriptions: { Orders: '*' } },
  })
  await sim.settle(reader.start())
  cluster.broker().store('Orders', 0, Buffer.from('x'), 'UNIQ_KEY\u0001U1\u0002')
  cluster.broker().store('Orders', 0, Buffer.from('y'), 'UNIQ_KEY\u0001U2\u0002')
  await sim.run(1000)
  expect(await sim.settle(reader.poll({ max: 1 }))).toHaveLength(1)
  await sim.run(300)
  expect(await sim.settle(reader.poll({ max: 1 }))).toHaveLength(1)
  await sim.settle(reader.close())
  const { records } = traced(cluster)
  const of = (type: string) => records.filter((one) => one.type === type)
  expect(of('SubBefore').map((one) => one.msgId)).toEqual(['U1', 'U2'])
  // The second was not asked to be followed: it is not consumed.
  expect(of('SubAfter')).toMatchObject([{ msgId: 'U1', costMs: 300, success: true, contextCode: 0 }])
})

describe('trace that cannot be sent', () => {
  const record = (number: number): TraceRecord => ({
    ...{ type: 'SubAfter', requestId: 'r', msgId: `m${number}`, costMs: 1, success: true, keys: undefined },
    ...{ contextCode: 0, timestamp: 1, group: 'CG' },
  })

  async function silent() {
    const cluster = await new FakeCluster().start(1, topics)
    const { sim } = cluster
    const logger = recordingLogger()
    const options = { ...cluster.options, logger }
    const producer = await sim.settle(new Producer(options).start())
    const { instance } = leaseInstance(options)
    const tracer = new Tracer(instance, 'MyTrace', 'CG', 'CONSUME')
    const silence = () =>
      (cluster.broker().intercept = ({ code }) => (code === RequestCode.SEND_MESSAGE_V2 ? 'silence' : undefined))
    const dropped = () => logger.lines.filter((line) => line.includes('dropped'))
    return { cluster, sim, producer, tracer, silence, dropped }
  }

  test('has gaps: never more than 10,000 records wait, and there is room again when they are sent', async () => {
    const { cluster, sim, tracer, silence, dropped } = await silent()
    silence()
    for (let i = 0; i < 12_000; i++) {
      tracer.add(record(i), [])
      if (i % 1000 === 0) await sim.run(1)
    }
    await sim.run(1000)
    expect(traced(cluster, 'MyTrace').records).toHaveLength(10_000)
    expect(dropped()).toHaveLength(1)
    cluster.broker().intercept = () => undefined
    await sim.run(10_000)
    cluster.broker().requests.length = 0
    for (let i = 0; i < 250; i++) tracer.add(record(i), [])
    await sim.run(1000)
    expect(traced(cluster, 'MyTrace').records).toHaveLength(250)
    await sim.settle(tracer.close(100))
  })

  test('is over with close: what is told later is not sent', async () => {
    const { cluster, sim, tracer } = await silent()
    await sim.settle(tracer.close(100))
    tracer.add(record(1), [])
    await sim.run(10_000)
    expect(traced(cluster, 'MyTrace').records).toEqual([])
  })
})
