import { inflateSync } from 'node:zlib'
import { decodeBatch, decodeProperties, RequestCode } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import type { ClientError } from '../../src/index.js'
import { Producer, type ProducerOptions, type SendResult } from '../../src/index.js'
import { FakeCluster } from '../support/fake-cluster.js'

async function started(cluster: FakeCluster, options: Partial<ProducerOptions> = {}): Promise<Producer> {
  return cluster.sim.settle(new Producer({ ...cluster.options, ...options }).start())
}

const fails = (promise: Promise<unknown>): Promise<ClientError> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error) => error as ClientError,
  )

const sendsTo = (cluster: FakeCluster, broker = 0): number =>
  [SEND_BATCH_MESSAGE, SEND_MESSAGE_V2].flatMap((code) => cluster.broker(broker).requestsOf(code)).length

const { SEND_BATCH_MESSAGE, SEND_MESSAGE_V2 } = RequestCode

describe('one message', () => {
  test('travels alone, with the fields the Java client sends, and comes back with its place', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    const producer = await started(cluster, { group: 'PG' })
    const result = await cluster.sim.settle(
      producer.send({
        topic: 'Orders',
        body: 'hello',
        tags: 'A',
        keys: ['k1', 'k2'],
        properties: { colour: 'red' },
        flag: 7,
      }),
    )
    const [request] = cluster.broker().requestsOf(SEND_MESSAGE_V2)
    expect(Object.keys(request!.extFields!).sort().join('')).toBe('abcdefghijkm')
    expect(request!.extFields).toMatchObject({
      a: 'PG',
      b: 'Orders',
      c: 'TBW102',
      d: '4',
      f: '0',
      h: '7',
      j: '0',
      k: 'false',
      m: 'false',
    })
    expect({ ...decodeProperties(request!.extFields!.i!) }).toEqual({
      colour: 'red',
      KEYS: 'k1 k2',
      TAGS: 'A',
      UNIQ_KEY: result.msgId,
      WAIT: 'true',
    })
    expect(result).toMatchObject({
      status: 'SEND_OK',
      queueOffset: 0,
      queue: { topic: 'Orders', brokerName: 'broker-a' },
    })
    expect(result.offsetMsgId).toMatch(/^[0-9A-F]{32}$/)
    expect(String(result.queue.queueId)).toBe(request!.extFields!.e)
  })

  test('that is large is compressed, unless that is switched off', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster)
    await cluster.sim.settle(producer.send({ topic: 'Orders', body: 'x'.repeat(5000) }))
    const [compressed] = cluster.broker().requestsOf(SEND_MESSAGE_V2)
    expect(compressed!.extFields!.f).toBe('1')
    expect(inflateSync(compressed!.body!).toString()).toBe('x'.repeat(5000))
    const plain = await started(cluster, { compressAbove: false, group: 'Plain' })
    await cluster.sim.settle(plain.send({ topic: 'Orders', body: 'x'.repeat(5000) }))
    expect(cluster.broker().requestsOf(SEND_MESSAGE_V2)[1]!.extFields!.f).toBe('0')
  })

  test.each([
    [{ topic: 'a b', body: 'x' }, 'topic'],
    [{ topic: 'T', body: '' }, 'is empty'],
    [{ topic: 'T', body: 5 as never }, 'text or bytes'],
    [{ topic: 'T', body: 'x'.repeat(101) }, 'more than the 100'],
    [{ topic: 'T', body: 'x', properties: { KEYS: 'mine' } }, "RocketMQ's own"],
    [{ topic: 'T', body: 'x', properties: { a: '' } }, 'empty'],
    [{ topic: 'T', body: 'x', tags: 'a\u0001b' }, 'separators'],
    [{ topic: 'T', body: 'x', properties: { a: 'y'.repeat(40_000) } }, 'at most 32767'],
    [{ topic: 'T', body: 'x', delayLevel: 1.5 }, 'delayLevel'],
  ])('that cannot arrive as it is is refused: %j', async (message, problem) => {
    const cluster = await new FakeCluster().start()
    const producer = await started(cluster, { maxMessageBytes: 100 })
    const error = await fails(producer.send(message))
    expect(error).toMatchObject({ code: 'MESSAGE_INVALID', retryable: false })
    expect(error.message).toContain(problem)
    expect(cluster.broker().requests).toEqual([])
  })
})

describe('messages sent at the same time', () => {
  test('travel in one batch, and each caller gets its own place', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    const producer = await started(cluster)
    const bodies = ['one', 'zwei', 'trois', '四']
    const results = await cluster.sim.settle(
      Promise.all(bodies.map((body, i) => producer.send({ topic: 'Orders', body, tags: `t${i}` }))),
    )
    const batches = cluster.broker().requestsOf(SEND_BATCH_MESSAGE)
    expect(batches).toHaveLength(1)
    expect(batches[0]!.extFields).toMatchObject({ m: 'true', i: 'WAIT\u0001true\u0002' })
    const members = decodeBatch(batches[0]!.body!)
    expect(members.map((one) => Buffer.from(one.body).toString())).toEqual(bodies)
    members.forEach((member, i) => {
      const properties = decodeProperties(Buffer.from(member.properties).toString())
      expect(properties.UNIQ_KEY).toBe(results[i]!.msgId)
      expect(properties.TAGS).toBe(`t${i}`)
    })
    expect(results.map((one) => one.queueOffset)).toEqual([0, 1, 2, 3])
    expect(new Set(results.map((one) => one.offsetMsgId)).size).toBe(4)
  })

  test('gather while frames are under way, and few frames are', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    cluster.broker().ackDelayMs = 10
    const producer = await started(cluster, { framesInFlightMax: 2, groupMessagesMax: 10 })
    const results: Promise<SendResult>[] = []
    for (let i = 0; i < 65; i++) results.push(producer.send({ topic: 'Orders', body: `${i}` }))
    await cluster.sim.run(5)
    expect(sendsTo(cluster)).toBe(2)
    const all = await cluster.sim.settle(Promise.all(results))
    expect(sendsTo(cluster)).toBe(7)
    expect(new Set(all.map(({ queue, queueOffset }) => `${queue.queueId}/${queueOffset}`)).size).toBe(65)
  })

  test('to several topics, delayed ones and large ones do not mix', async () => {
    const cluster = await new FakeCluster().start(1, { A: 1, B: 1 })
    const producer = await started(cluster)
    const messages = [
      { topic: 'A', body: '1' },
      { topic: 'B', body: '2' },
      { topic: 'A', body: '3', delayLevel: 3 },
      { topic: 'A', body: 'x'.repeat(6000) },
      { topic: 'A', body: '5' },
      { topic: 'A', body: '6' },
      { topic: 'A', body: '7', waitStoreOk: false },
    ]
    await cluster.sim.settle(Promise.all(messages.map((one) => producer.send(one))))
    const sizes = cluster
      .broker()
      .requests.filter(({ code }) => code !== RequestCode.HEART_BEAT)
      .map((one) => (one.code === SEND_BATCH_MESSAGE ? decodeBatch(one.body!).length : 1))
    expect(sizes.sort()).toEqual([1, 1, 1, 1, 1, 2])
  })

  test('travel each alone when grouping is off, over all queues in turn', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    const producer = await started(cluster, { grouping: false })
    const results = await cluster.sim.settle(
      Promise.all(Array.from({ length: 8 }, () => producer.send({ topic: 'Orders', body: 'x' }))),
    )
    expect(cluster.broker().requestsOf(SEND_BATCH_MESSAGE)).toEqual([])
    expect(results.map((one) => one.queue.queueId).sort()).toEqual([0, 0, 1, 1, 2, 2, 3, 3])
  })

  test('in a batch that is refused for one of them, are sent one by one', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster)
    cluster.broker().intercept = ({ code, body }) =>
      code === SEND_BATCH_MESSAGE || (body && body.length > 100) ? { code: 13, remark: 'too large' } : undefined
    const sends = ['small', 'x'.repeat(200), 'tiny'].map((body) => producer.send({ topic: 'Orders', body }))
    const results = await cluster.sim.settle(Promise.allSettled(sends))
    expect(results.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((results[1] as PromiseRejectedResult).reason).toMatchObject({
      code: 'REFUSED',
      details: { responseCode: 13 },
    })
  })

  test('of a batch of the caller are not sent one by one: it is stored whole or not at all', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster)
    cluster.broker().intercept = ({ code }) =>
      code === SEND_BATCH_MESSAGE ? { code: 13, remark: 'message 1 of the batch is too large' } : undefined
    const batch = producer.sendBatch(['a', 'b'].map((body) => ({ topic: 'Orders', body })))
    const [result] = await cluster.sim.settle(Promise.allSettled([batch]))
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'REFUSED' } })
    expect(sendsTo(cluster)).toBe(1)
  })

  test('wait for linger, when it is set', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster, { linger: 20 })
    const first = producer.send({ topic: 'Orders', body: '1' })
    await cluster.sim.run(10)
    const second = producer.send({ topic: 'Orders', body: '2' })
    await cluster.sim.settle(Promise.all([first, second]))
    expect(sendsTo(cluster)).toBe(1)
  })
})

describe('queues', () => {
  test('messages to one queue keep their order and do not overtake each other', async () => {
    const cluster = await new FakeCluster().start(2, { Orders: 4 })
    cluster.brokers.forEach((one) => (one.ackDelayMs = 5))
    const producer = await started(cluster, { groupMessagesMax: 3 })
    const selector = (queues: readonly { queueId: number }[]) => queues[5] as never
    const results = await cluster.sim.settle(
      Promise.all(Array.from({ length: 20 }, (_, i) => producer.send({ topic: 'Orders', body: `${i}` }, { selector }))),
    )
    expect(new Set(results.map((one) => `${one.queue.brokerName}/${one.queue.queueId}`))).toEqual(
      new Set(['broker-b/1']),
    )
    expect(results.map((one) => one.queueOffset)).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  test('a topic that does not exist is sent to by the template topic, with four queues', async () => {
    const cluster = await new FakeCluster().start()
    const producer = await started(cluster)
    expect(await cluster.sim.settle(producer.queues('Fresh'))).toHaveLength(4)
    await cluster.sim.settle(producer.send({ topic: 'Fresh', body: 'x' }))
    expect(cluster.broker().topics.get('Fresh')).toBe(4)
  })

  test('a batch goes to one queue at consecutive offsets; what RocketMQ does not allow in it is refused', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 4 })
    const producer = await started(cluster)
    const results = await cluster.sim.settle(
      producer.sendBatch([1, 2, 3].map((i) => ({ topic: 'Orders', body: `${i}` }))),
    )
    expect(results.map((one) => one.queueOffset)).toEqual([0, 1, 2])
    for (const messages of [
      [],
      [
        { topic: 'Orders', body: '1' },
        { topic: 'Other', body: '2' },
      ],
      [{ topic: 'Orders', body: '1', delayLevel: 1 }],
    ])
      expect(await fails(producer.sendBatch(messages))).toMatchObject({ code: 'MESSAGE_INVALID' })
  })
})

describe('failures', () => {
  test('another broker is tried when one does not answer, within the one deadline', async () => {
    const cluster = await new FakeCluster().start(2, { Orders: 1 })
    const producer = await started(cluster)
    cluster.broker(0).intercept = () => 'silence'
    for (let i = 0; i < 4; i++) {
      const before = cluster.sim.elapsedMs
      const { queue } = await cluster.sim.settle(producer.send({ topic: 'Orders', body: 'x' }))
      expect(queue.brokerName).toBe('broker-b')
      expect(cluster.sim.elapsedMs - before).toBeLessThan(3000)
    }
    // The one that failed is avoided from then on.
    expect(sendsTo(cluster, 0)).toBeLessThanOrEqual(1)
  })

  test('what no broker answers fails in time, and says where, how long and how often', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    cluster.broker().intercept = () => 'silence'
    const producer = await started(cluster)
    const error = await cluster.sim.settle(fails(producer.send({ topic: 'Orders', body: 'x' }, { timeout: 700 })))
    expect(error).toMatchObject({ code: 'TIMEOUT', retryable: true })
    expect(error.details).toMatchObject({
      address: cluster.broker().address,
      topic: 'Orders',
      phase: 'wait',
      attempts: 1,
    })
    expect(error.details.elapsedMs).toBeGreaterThanOrEqual(690)
    expect(error.details.elapsedMs).toBeLessThan(800)
  })

  test('a broker that comes back in time is sent to without an error', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster)
    await cluster.sim.settle(producer.send({ topic: 'Orders', body: 'x' }))
    const broker = cluster.broker()
    cluster.sim.host('broker-a').kill()
    await cluster.sim.run(10)
    const sent = producer.send({ topic: 'Orders', body: 'y' })
    sent.catch(() => {})
    await cluster.sim.run(1000)
    cluster.sim.host('broker-a').restart()
    const again = new (broker.constructor as new (...args: unknown[]) => typeof broker)(
      cluster.sim.host('broker-a').io,
      broker.name,
      broker.host,
    )
    await cluster.sim.settle(again.start())
    expect(await cluster.sim.settle(sent)).toMatchObject({ status: 'SEND_OK' })
  })

  test.each([
    [2, 3, 'BUSY'],
    [14, 3, 'BUSY'],
    [16, 3, 'REFUSED'],
    [13, 1, 'REFUSED'],
    [29, 1, 'REFUSED'],
  ])('response code %i is tried %i times', async (responseCode, tries, code) => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster)
    cluster.broker().intercept = () => ({ code: responseCode, remark: 'because' })
    const error = await cluster.sim.settle(fails(producer.send({ topic: 'Orders', body: 'x' })))
    expect(error).toMatchObject({ code, details: { responseCode, attempts: tries } })
    expect(error.message).toContain('because')
    expect(sendsTo(cluster)).toBe(tries)
  })

  test.each([
    [10, 'FLUSH_DISK_TIMEOUT'],
    [11, 'SLAVE_NOT_AVAILABLE'],
    [12, 'FLUSH_SLAVE_TIMEOUT'],
  ])('response code %i is a status, not an error', async (code, status) => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster)
    cluster.broker().intercept = () => ({ code, extFields: { msgId: 'AB', queueId: '0', queueOffset: '9' } })
    expect(await cluster.sim.settle(producer.send({ topic: 'Orders', body: 'x' }))).toMatchObject({
      status,
      queueOffset: 9,
    })
  })

  test('an aborted caller stops waiting; the others of its group do not notice', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    cluster.broker().ackDelayMs = 50
    const producer = await started(cluster)
    const abort = new AbortController()
    const given = fails(producer.send({ topic: 'Orders', body: '1' }, { signal: abort.signal }))
    const other = producer.send({ topic: 'Orders', body: '2' })
    await cluster.sim.run(10)
    abort.abort(new Error('enough'))
    expect(await cluster.sim.settle(given)).toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
    expect((await cluster.sim.settle(other)).queueOffset).toBe(1)
  })

  test('more than may be pending is refused, and room comes back', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    cluster.broker().ackDelayMs = 10
    const producer = await started(cluster, { pendingMessagesMax: 2 })
    const two = [producer.send({ topic: 'Orders', body: '1' }), producer.send({ topic: 'Orders', body: '2' })]
    expect(await fails(producer.send({ topic: 'Orders', body: '3' }))).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      retryable: true,
    })
    await cluster.sim.settle(Promise.all(two))
    await cluster.sim.settle(producer.send({ topic: 'Orders', body: '4' }))
  })
})

describe('why there is no route: five sentences', () => {
  test('no name server can be reached', async () => {
    const cluster = new FakeCluster()
    const error = await cluster.sim.settle(
      fails(new Producer({ ...cluster.options, namesrv: '10.0.0.77:9876' }).start()),
    )
    expect(error).toMatchObject({ code: 'NAMESRV_UNREACHABLE', retryable: true })
    expect(error.message).toContain('10.0.0.77:9876')
  })

  test.each([
    ['no broker has registered', 'NO_BROKER', (cluster: FakeCluster) => cluster.hidden.add('broker-a')],
    ['the topic is not there', 'TOPIC_NOT_FOUND', (cluster: FakeCluster) => cluster.broker().topics.clear()],
    ['no master is alive', 'NO_MASTER', (cluster: FakeCluster) => (cluster.mastersAreGone = true)],
    ['the topic may not be written', 'NO_QUEUE', (cluster: FakeCluster) => (cluster.perm = 4)],
  ])('%s', async (_case, code, prepare) => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    prepare(cluster)
    const producer = await started(cluster)
    const error = await cluster.sim.settle(fails(producer.send({ topic: 'Orders', body: 'x' })))
    expect(error.code).toBe(code)
  })

  test('a name server that does not answer is left for the next', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster, { namesrv: `10.0.0.77:9876;${cluster.namesrv}` })
    await cluster.sim.settle(producer.send({ topic: 'Orders', body: 'x' }))
    await cluster.sim.settle(producer.close())
  })
})

describe('start and close', () => {
  test('sending needs a start, and is over after close', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = new Producer(cluster.options)
    expect(await fails(producer.send({ topic: 'Orders', body: 'x' }))).toMatchObject({ code: 'NOT_STARTED' })
    await cluster.sim.settle(producer.start())
    await cluster.sim.settle(Promise.all([producer.close(), producer.close()]))
    expect(await fails(producer.send({ topic: 'Orders', body: 'x' }))).toMatchObject({ code: 'CLOSED' })
    expect(await fails(producer.start())).toMatchObject({ code: 'CLOSED' })
  })

  test('close waits for what is under way, and no longer than it may', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    cluster.broker().ackDelayMs = 100
    const producer = await started(cluster)
    const sent = producer.send({ topic: 'Orders', body: 'x' })
    await cluster.sim.settle(producer.close())
    expect(await sent).toMatchObject({ status: 'SEND_OK' })
    const hasty = await started(cluster)
    const late = fails(hasty.send({ topic: 'Orders', body: 'x' }))
    await cluster.sim.run(10)
    await cluster.sim.settle(hasty.close({ timeout: 20 }))
    expect(await late).toMatchObject({ code: 'CLOSED' })
  })

  test('close keeps its time though the trace cannot be sent either', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1, RMQ_SYS_TRACE_TOPIC: 1 })
    const producer = await started(cluster, { trace: true, retries: 0 })
    await cluster.sim.settle(producer.send({ topic: 'Orders', body: 'x' }))
    cluster.broker().intercept = ({ code }) => (code === SEND_MESSAGE_V2 ? 'silence' : undefined)
    producer.send({ topic: 'Orders', body: 'x' }, { timeout: 60_000 }).catch(() => {})
    await cluster.sim.run(10)
    const from = cluster.sim.elapsedMs
    await cluster.sim.settle(producer.close({ timeout: 2000 }))
    expect(cluster.sim.elapsedMs - from).toBeLessThan(2100)
  })

  test('nothing happens any more after close: no timer is left', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster)
    await cluster.sim.settle(producer.send({ topic: 'Orders', body: 'x' }))
    await cluster.sim.settle(producer.close())
    await cluster.sim.run(1000)
    const seen = cluster.broker().requests.length + cluster.namesrvRequests.length
    await cluster.sim.run(200_000)
    expect(cluster.broker().requests.length + cluster.namesrvRequests.length).toBe(seen)
  })

  test('heartbeats tell brokers of the group every 30 s, and its end', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster, { group: 'PG' })
    await cluster.sim.settle(producer.send({ topic: 'Orders', body: 'x' }))
    await cluster.sim.run(65_000)
    const beats = cluster.broker().requestsOf(RequestCode.HEART_BEAT)
    expect(beats).toHaveLength(3)
    expect(Buffer.from(beats[0]!.body!).toString()).toBe(
      `{"clientID":"${producer.clientId}","consumerDataSet":[],"producerDataSet":[{"groupName":"PG"}]}`,
    )
    await cluster.sim.settle(producer.close())
    expect(cluster.broker().requestsOf(RequestCode.UNREGISTER_CLIENT)[0]!.extFields).toEqual({
      clientID: producer.clientId,
      producerGroup: 'PG',
    })
  })

  test('one-way sends are not waited for', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster)
    await cluster.sim.settle(producer.sendOneway({ topic: 'Orders', body: 'x' }))
    await cluster.sim.run(10)
    expect(cluster.broker().requestsOf(SEND_MESSAGE_V2)[0]!.flag).toBe(2)
  })

  test('the same seed gives the same run', async () => {
    const run = async () => {
      const cluster = await new FakeCluster(42).start(2, { Orders: 4 })
      const producer = await started(cluster)
      await cluster.sim.settle(
        Promise.all(Array.from({ length: 50 }, (_, i) => producer.send({ topic: 'Orders', body: `${i}` }))),
      )
      await cluster.sim.settle(producer.close())
      return cluster.sim.traceHash()
    }
    expect(await run()).toBe(await run())
  })
})
