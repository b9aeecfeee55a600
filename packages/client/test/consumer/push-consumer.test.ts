import { decodeHeartbeatData, RequestCode, type MessageQueue } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import {
  Producer,
  PushConsumer,
  type ClientError,
  type MessageHandler,
  type PushConsumerOptions,
  type ReceivedMessage,
} from '../../src/index.js'
import { FakeCluster, recordingLogger } from '../support/fake-cluster.js'

interface Member {
  consumer: PushConsumer
  received: ReceivedMessage[]
}

async function member(
  cluster: FakeCluster,
  options: Partial<PushConsumerOptions> = {},
  handler: MessageHandler = () => {},
): Promise<Member> {
  const received: ReceivedMessage[] = []
  const consumer = new PushConsumer({
    ...cluster.options,
    group: 'CG',
    subscriptions: { Orders: '*' },
    consumeFrom: 'first',
    ...options,
    handler: (message, context) => {
      received.push(message)
      return handler(message, context)
    },
  })
  await cluster.sim.settle(consumer.start())
  return { consumer, received }
}

/** Bodies `from` to `to - 1`, spread over the topic's queues. */
function fill(cluster: FakeCluster, from: number, to: number, topic = 'Orders'): void {
  const queues = cluster.broker().topics.get(topic)!
  for (let i = from; i < to; i++)
    cluster.broker().store(topic, i % queues, Buffer.from(`${i}`), `TAGS\u0001t${i % 2}\u0002`)
}

const texts = (messages: ReceivedMessage[]) => messages.map((one) => Number(one.text())).sort((a, b) => a - b)
const range = (to: number) => Array.from({ length: to }, (_, i) => i)
const committed = (cluster: FakeCluster, group = 'CG') =>
  range(4).map((queueId) => cluster.broker().offsets.get(`Orders@${group}/${queueId}`))

describe('consuming', () => {
  test('brings what is there and what comes later, once, and commits it', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    fill(cluster, 0, 200)
    const { consumer, received } = await member(cluster)
    await cluster.sim.until(() => received.length === 200)
    fill(cluster, 200, 204)
    await cluster.sim.until(() => received.length === 204, 50)
    expect(texts(received)).toEqual(range(204))
    await cluster.sim.run(6000)
    expect(committed(cluster)).toEqual([51, 51, 51, 51])
    await cluster.sim.settle(consumer.close())
  })

  test('goes on after a restart where it stopped', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    fill(cluster, 0, 40)
    const first = await member(cluster)
    await cluster.sim.until(() => first.received.length === 40)
    await cluster.sim.settle(first.consumer.close())
    expect(committed(cluster)).toEqual([10, 10, 10, 10])
    fill(cluster, 40, 48)
    const second = await member(cluster)
    await cluster.sim.until(() => second.received.length === 8)
    expect(texts(second.received)).toEqual(range(48).slice(40))
  })

  test.each([
    ['last', [] as number[]],
    ['first', range(20)],
  ] as const)('a new group starts with consumeFrom %s', async (consumeFrom, expected) => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    fill(cluster, 0, 20)
    const { received } = await member(cluster, { consumeFrom })
    await cluster.sim.run(1000)
    expect(texts(received)).toEqual(expected)
  })

  test('filters by tag exactly, whatever the broker lets through, and commits past the rest', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    fill(cluster, 0, 20)
    const { consumer, received } = await member(cluster, { subscriptions: { Orders: 't1 || other' } })
    await cluster.sim.run(1000)
    expect(texts(received)).toEqual(range(20).filter((i) => i % 2 === 1))
    await cluster.sim.settle(consumer.close())
    expect(committed(cluster)).toEqual([5, 5, 5, 5])
  })

  test('commits a queue of which nothing was consumed, though the broker had an answer', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    // What brokers say of a young queue in which nobody has committed anything.
    cluster.broker().intercept = ({ code }) =>
      code === RequestCode.QUERY_CONSUMER_OFFSET ? { code: 0, extFields: { offset: '0' } } : undefined
    const { consumer } = await member(cluster)
    await cluster.sim.run(6000)
    expect(cluster.broker().offsets.get('Orders@CG/0')).toBe(0)
    await cluster.sim.settle(consumer.close())
  })

  test('never commits past a message that is not finished', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    fill(cluster, 0, 10)
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const { consumer, received } = await member(cluster, {}, (message) => (message.text() === '3' ? held : undefined))
    await cluster.sim.run(6000)
    expect(received).toHaveLength(10)
    expect(cluster.broker().offsets.get('Orders@CG/0')).toBe(3)
    release()
    await cluster.sim.settle(consumer.close())
    expect(cluster.broker().offsets.get('Orders@CG/0')).toBe(10)
  })

  test('runs no more handlers at a time than it may', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    fill(cluster, 0, 50)
    let running = 0
    let most = 0
    const { received } = await member(cluster, { concurrency: 3 }, async () => {
      most = Math.max(most, ++running)
      await new Promise<void>((resolve) => cluster.sim.host('client').io.clock.after(10, resolve))
      running--
    })
    await cluster.sim.until(() => received.length === 50)
    expect(most).toBe(3)
  })

  test('holds no more than it may while handlers are slow, and goes on when there is room', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    fill(cluster, 0, 1000)
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    const { received } = await member(cluster, { cachedMessagesMax: 100, concurrency: 1 }, () => held)
    await cluster.sim.run(10_000)
    const pulls = cluster
      .broker()
      .requestsOf(RequestCode.PULL_MESSAGE)
      .filter((one) => one.extFields!.topic === 'Orders')
    expect(pulls.length).toBe(4)
    release()
    await cluster.sim.until(() => received.length === 1000)
  })
})

describe('messages that fail', () => {
  test('are given back to their broker and come again as the topic they were sent to', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    fill(cluster, 0, 5)
    const { consumer, received } = await member(cluster, {}, (message) => {
      if (message.text() === '2' && message.reconsumeTimes === 0) throw new Error('not yet')
      return message.text() === '3' && message.reconsumeTimes === 0 ? { later: 5 } : 'success'
    })
    await cluster.sim.until(() => received.length === 7, 40_000)
    const back = cluster.broker().requestsOf(RequestCode.CONSUMER_SEND_MSG_BACK)
    expect(back.map((one) => one.extFields!.delayLevel)).toEqual(['0', '5'])
    expect(back[0]!.extFields).toMatchObject({
      group: 'CG',
      originTopic: 'Orders',
      unitMode: 'false',
      maxReconsumeTimes: '16',
    })
    const again = received.filter((one) => one.reconsumeTimes === 1)
    expect(again.map((one) => one.topic)).toEqual(['Orders', 'Orders'])
    expect(again[0]!.queue.topic).toBe('%RETRY%CG')
    await cluster.sim.settle(consumer.close())
    expect(cluster.broker().offsets.get('Orders@CG/0')).toBe(5)
  })

  test('are sent to the retry topic when their broker does not take them back', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    cluster.broker().intercept = ({ code }) => (code === RequestCode.CONSUMER_SEND_MSG_BACK ? { code: 1 } : undefined)
    fill(cluster, 0, 1)
    await member(cluster, {}, () => 'later')
    await cluster.sim.until(() => cluster.broker().requestsOf(RequestCode.SEND_MESSAGE_V2).length > 0)
    const [sent] = cluster.broker().requestsOf(RequestCode.SEND_MESSAGE_V2)
    expect(sent!.extFields).toMatchObject({ b: '%RETRY%CG', j: '1', l: '16' })
    expect(sent!.extFields!.i).toContain('RETRY_TOPIC\u0001Orders\u0002')
    expect(sent!.extFields!.i).toContain('DELAY\u00013\u0002')
  })

  test('and cannot be handed to any broker stay uncommitted and are tried again here', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    cluster.broker().intercept = ({ code }) =>
      code === RequestCode.CONSUMER_SEND_MSG_BACK || code === RequestCode.SEND_MESSAGE_V2 ? { code: 1 } : undefined
    fill(cluster, 0, 1)
    let tries = 0
    const { received } = await member(cluster, {}, () => (++tries < 3 ? 'later' : 'success'))
    await cluster.sim.run(4000)
    expect(received).toHaveLength(1)
    expect(cluster.broker().offsets.get('Orders@CG/0')).toBeUndefined()
    await cluster.sim.run(20_000)
    expect(received).toHaveLength(3)
    expect(cluster.broker().offsets.get('Orders@CG/0')).toBe(1)
  })
})

describe('a group', () => {
  test('shares the queues; who comes and goes moves them within moments, and nothing is lost', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    const one = await member(cluster)
    const two = await member(cluster)
    expect(one.consumer.clientId).not.toBe(two.consumer.clientId)
    await cluster.sim.until(() => own(one).length === 2 && own(two).length === 2, 1000)
    fill(cluster, 0, 40)
    await cluster.sim.until(() => one.received.length + two.received.length === 40)
    expect(texts([...one.received, ...two.received])).toEqual(range(40))
    await cluster.sim.settle(one.consumer.close())
    await cluster.sim.until(() => own(two).length === 4, 1000)
    fill(cluster, 40, 44)
    await cluster.sim.run(1000)
    expect(texts([...one.received, ...two.received])).toEqual(range(44))
  })

  test('tells its queues by event, and a listener that throws harms nobody', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    const logger = recordingLogger()
    const consumer = new PushConsumer({
      ...cluster.options,
      logger,
      group: 'CG',
      handler: () => {},
      subscriptions: { Orders: '*' },
    })
    const events: { topic: string; queues: MessageQueue[] }[] = []
    consumer.on('rebalanced', () => {
      throw new Error('mine')
    })
    consumer.on('rebalanced', (event) => events.push(event))
    await cluster.sim.settle(consumer.start())
    expect(events.find((one) => one.topic === 'Orders')!.queues.map((one) => one.queueId)).toEqual([0, 1, 2, 3])
    expect(logger.lines).toContain("error: a listener of 'rebalanced' failed")
  })

  test('sends the heartbeat that the Java client sends', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    await member(cluster, { subscriptions: { Orders: 'b || a' } })
    const data = decodeHeartbeatData(cluster.broker().requestsOf(RequestCode.HEART_BEAT).at(-1)!.body)
    const [consumer] = data.consumerDataSet
    expect(consumer).toMatchObject({
      groupName: 'CG',
      consumeType: 'CONSUME_PASSIVELY',
      messageModel: 'CLUSTERING',
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      unitMode: false,
    })
    expect(
      consumer!.subscriptionDataSet.map((one) => [one.topic, one.subString, [...one.tagsSet], [...one.codeSet]]),
    ).toEqual([
      ['Orders', 'b || a', ['b', 'a'], [98, 97]],
      ['%RETRY%CG', '*', [], []],
    ])
  })

  test('broadcasting: every member gets everything, and keeps its offsets in a file of Apache form', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 2 })
    fill(cluster, 0, 10)
    const options = { messageModel: 'broadcasting', offsetsDirectory: '/var/lib/app' } as const
    const one = await member(cluster, options)
    const two = await member(cluster, options)
    await cluster.sim.until(() => one.received.length === 10 && two.received.length === 10)
    await cluster.sim.settle(one.consumer.close())
    const path = `/var/lib/app/.rocketmq_offsets/${one.consumer.clientId}/CG/offsets.json`
    expect(one.consumer.clientId).toMatch(/@DEFAULT$/)
    const text = Buffer.from(cluster.sim.host('client').io.disk.readWhole(path)!).toString()
    expect(text).toBe(
      '{"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:5,{"brokerName":"broker-a","queueId":1,"topic":"Orders"}:5}}',
    )
    fill(cluster, 10, 12)
    const again = await member(cluster, options)
    await cluster.sim.run(1000)
    expect(texts(again.received)).toEqual([10, 11])
    expect(cluster.broker().requestsOf(RequestCode.GET_CONSUMER_LIST_BY_GROUP)).toEqual([])
  })
})

describe('when things break', () => {
  test('a topic that is not there yet is waited for, and told', async () => {
    const cluster = await new FakeCluster().start()
    const problems: ClientError[] = []
    const received: string[] = []
    const consumer = new PushConsumer({ ...cluster.options, group: 'CG', consumeFrom: 'first' })
    consumer.on('problem', ({ error }) => problems.push(error))
    await consumer.subscribe('Orders', '*', (message) => void received.push(message.text()))
    await cluster.sim.settle(consumer.start())
    expect(problems[0]).toMatchObject({ code: 'TOPIC_NOT_FOUND', details: { topic: 'Orders' } })
    await cluster.sim.run(3000)
    const producer = await cluster.sim.settle(new Producer(cluster.options).start())
    await cluster.sim.settle(producer.send({ topic: 'Orders', body: 'late' }))
    await cluster.sim.until(() => received.length === 1, 30_000)
  })

  test('a broker that goes and comes back is consumed from again', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const { received } = await member(cluster)
    const before = cluster.broker()
    cluster.sim.host('broker-a').kill()
    await cluster.sim.run(2000)
    cluster.sim.host('broker-a').restart()
    cluster.brokers.length = 0
    const broker = await cluster.addBroker({ Orders: 1 })
    expect(broker.address).toBe(before.address)
    fill(cluster, 0, 3)
    await cluster.sim.until(() => received.length === 3, 10_000)
    // It knows the group again: without that no other member could find this one.
    expect([...broker.members.get('CG')!.keys()]).toHaveLength(1)
  })

  test('an offset the queue does not hold any more is left for the one the broker names', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    fill(cluster, 0, 5)
    cluster.broker().offsets.set('Orders@CG/0', 100)
    const { received } = await member(cluster)
    await cluster.sim.run(500)
    fill(cluster, 5, 6)
    await cluster.sim.run(500)
    expect(texts(received)).toEqual([5])
  })

  test('an offset that cannot be learned is asked for again, never guessed', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    fill(cluster, 0, 5)
    cluster.broker().offsets.set('Orders@CG/0', 3)
    cluster.broker().intercept = ({ code }) => (code === RequestCode.QUERY_CONSUMER_OFFSET ? { code: 2 } : undefined)
    const { received } = await member(cluster)
    await cluster.sim.run(400)
    expect(received).toEqual([])
    cluster.broker().intercept = () => undefined
    await cluster.sim.run(5000)
    expect(texts(received)).toEqual([3, 4])
  })

  test('a record that cannot be read is told and stepped over', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    fill(cluster, 0, 3)
    const records = cluster.broker().queues.get('Orders/0')!
    Buffer.from(records[1]!.buffer, records[1]!.byteOffset).writeInt32BE(12, 4)
    const problems: ClientError[] = []
    const consumer = new PushConsumer({ ...cluster.options, group: 'CG', consumeFrom: 'first' })
    const received: string[] = []
    consumer.on('problem', ({ error }) => problems.push(error))
    await consumer.subscribe('Orders', '*', (message) => void received.push(message.text()))
    await cluster.sim.settle(consumer.start())
    await cluster.sim.run(100)
    expect(received).toEqual(['0', '2'])
    expect(problems.map((one) => one.code)).toContain('BAD_ANSWER')
  })
})

describe('what brokers ask', () => {
  test('offsets are reset where consumers are, and committed at once', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    fill(cluster, 0, 10)
    const { consumer, received } = await member(cluster)
    await cluster.sim.until(() => received.length === 10)
    const body = Buffer.from('{"offsetTable":{{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:7}}')
    const command = {
      code: 220,
      language: 'JAVA' as const,
      version: 355,
      opaque: 0,
      flag: 0,
      remark: undefined,
      serializeType: 0 as const,
    }
    cluster
      .broker()
      .channelOf(consumer.clientId)
      .send({ ...command, extFields: { topic: 'Orders', group: 'CG', timestamp: '0' }, body })
    await cluster.sim.run(100)
    expect(received.slice(10).map((one) => one.text())).toEqual(['7', '8', '9'])
  })

  test('offsets, running info and direct consumption', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    fill(cluster, 0, 10)
    let isStrict = false
    const { consumer, received } = await member(cluster, {}, (message) => {
      if (isStrict) throw new Error(`no ${message.text()}`)
    })
    await cluster.sim.until(() => received.length === 10)
    isStrict = true
    const channel = cluster.broker().channelOf(consumer.clientId)
    const ask = (code: number, extFields: Record<string, string>, body?: Uint8Array) =>
      cluster.sim.settle(
        channel.call({
          code,
          language: 'JAVA',
          version: 355,
          opaque: 0,
          flag: 0,
          remark: undefined,
          serializeType: 0,
          extFields,
          body,
        }),
      )
    const status = await ask(221, { topic: 'Orders', group: 'CG' })
    expect(Buffer.from(status.body!).toString()).toContain('{"brokerName":"broker-a","queueId":0,"topic":"Orders"}:10')
    const info = Buffer.from((await ask(307, { consumerGroup: 'CG', clientId: consumer.clientId })).body!).toString()
    expect(info).toContain('"PROP_CONSUME_TYPE":"CONSUME_PASSIVELY"')
    const record = cluster.broker().queues.get('Orders/0')![4]!
    const direct = Buffer.from(
      (await ask(309, { consumerGroup: 'CG', clientId: consumer.clientId }, record)).body!,
    ).toString()
    expect(direct).toContain('"consumeResult":"CR_THROW_EXCEPTION"')
    expect(direct).toContain('"remark":"no 4"')
    expect((await ask(307, { consumerGroup: 'Other' })).code).toBe(1)
  })
})

describe('close', () => {
  test('keeps the last offset, though the broker takes in an older one after it', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    fill(cluster, 0, 10)
    const { consumer, received } = await member(cluster)
    await cluster.sim.until(() => received.length === 10)
    const broker = cluster.broker()
    let commits = 0
    broker.intercept = ({ code, extFields }) => {
      if (code !== RequestCode.UPDATE_CONSUMER_OFFSET || extFields!.topic !== 'Orders' || commits++ > 0)
        return undefined
      // As if a pull with this offset had overtaken the commit.
      broker.offsets.set('Orders@CG/0', 4)
      return { code: 0 }
    }
    await cluster.sim.settle(consumer.close())
    expect([broker.offsets.get('Orders@CG/0'), commits]).toEqual([10, 2])
  })

  test('waits for handlers, no longer than it may, and leaves no timer', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    fill(cluster, 0, 2)
    let aborted = false
    const { consumer } = await member(cluster, { concurrency: 1 }, (_message, { signal }) => {
      signal.addEventListener('abort', () => (aborted = true))
      return new Promise(() => {})
    })
    await cluster.sim.run(100)
    const from = cluster.sim.elapsedMs
    await cluster.sim.settle(consumer.close({ timeout: 500 }))
    expect(cluster.sim.elapsedMs - from).toBeLessThan(600)
    expect(aborted).toBe(true)
    expect(cluster.broker().offsets.get('Orders@CG/0') ?? 0).toBe(0)
    await cluster.sim.run(1000)
    const seen = cluster.broker().requests.length
    await cluster.sim.run(100_000)
    expect(cluster.broker().requests.length).toBe(seen)
  })

  test('of a consumer that was never started is harmless', async () => {
    const cluster = await new FakeCluster().start()
    const consumer = new PushConsumer({ ...cluster.options, group: 'CG', handler: () => {} })
    await cluster.sim.settle(consumer.close())
    await cluster.sim.settle(consumer.close())
  })
})

test.each([
  [{ group: 'a b' }, 'group'],
  [{ group: 'CG', subscriptions: { 'T!': '*' } }, 'topic'],
  [{ group: 'CG', subscriptions: { T: 'a ||' } }, 'empty tag'],
  [{ group: 'CG', pullBatchSize: 0 }, 'pullBatchSize'],
  [{ group: 'CG', messageModel: 'x' as never }, 'messageModel'],
  [{ group: 'CG', allocation: 'x' as never }, 'allocation'],
  [{ group: 'CG', namesrv: '' }, 'name server'],
])('wrong options are refused at once: %j', (options, problem) => {
  const cluster = new FakeCluster()
  expect(() => new PushConsumer({ ...cluster.options, handler: () => {}, ...options })).toThrow(problem)
})

const own = ({ consumer }: Member) => consumer.queues.filter((one) => one.topic === 'Orders')
