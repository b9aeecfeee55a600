import { propertyOf, recordsIn, RequestCode, encodeBatch, javaHash } from '@mq/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Bench, properties, sendFields, type TestClient } from './support/bench.js'

let bench: Bench
let client: TestClient

beforeEach(async () => {
  bench = await Bench.start()
  client = bench.client()
  await client.consume('CG', 'T')
})
afterEach(() => bench.close())

describe('a message', () => {
  test('makes its topic, is acknowledged with its place, and is pulled back whole', async () => {
    const sent = await client.send('T', 'hello', { i: properties({ TAGS: 'A', KEYS: 'k' }) })
    expect(sent.code).toBe(0)
    expect(sent.extFields).toEqual({
      msgId: '0A00000100002A9F0000000000000000',
      queueId: '0',
      queueOffset: '0',
      MSG_REGION: 'DefaultRegion',
      TRACE_ON: 'true',
    })
    expect(bench.broker.topics().get('T')).toMatchObject({ readQueueNums: 4, writeQueueNums: 4, perm: 6 })
    const pulled = await client.pull('T', 'CG', 0)
    expect(pulled).toMatchObject({ code: 0, remark: 'FOUND' })
    expect(pulled.extFields).toEqual({
      suggestWhichBrokerId: '0',
      nextBeginOffset: '1',
      minOffset: '0',
      maxOffset: '1',
    })
    const [record] = [...recordsIn(pulled.body!)]
    expect(record).toMatchObject({ topic: 'T', queueId: 0, queueOffset: 0, bornTimestamp: 1795347944162 })
    expect(Buffer.from(record!.body).toString()).toBe('hello')
    expect(propertyOf(record!.properties, 'CLUSTER')).toBe('DefaultCluster')
    expect(propertyOf(record!.properties, 'KEYS')).toBe('k')
  })

  test('sent one-way is stored and not answered', async () => {
    await client.send('T', 'first')
    const command = { ...sendFields('T') }
    await bench.sim.settle(
      client.remoting.send(bench.address, {
        code: RequestCode.SEND_MESSAGE_V2,
        extFields: command,
        body: Buffer.from('x'),
        flag: 2,
        opaque: 0,
        language: 'JAVA',
        version: 355,
        remark: undefined,
        serializeType: 0,
      }),
    )
    await bench.sim.run(100)
    expect((await client.call(RequestCode.GET_MAX_OFFSET, { topic: 'T', queueId: '0' })).extFields).toEqual({
      offset: '2',
    })
  })

  test('of version 1 with batch=true is a batch, as the C++ client sends it', async () => {
    const body = encodeBatch(
      ['a', 'b', 'c'].map((text) => ({ flag: 7, body: Buffer.from(text), properties: properties({ UNIQ_KEY: text }) })),
    )
    const answer = await client.call(
      RequestCode.SEND_MESSAGE,
      {
        producerGroup: 'PG',
        topic: 'T',
        defaultTopic: 'TBW102',
        defaultTopicQueueNums: '4',
        queueId: '0',
        sysFlag: '0',
        bornTimestamp: '1',
        flag: '0',
        properties: '',
        reconsumeTimes: '0',
        unitMode: 'false',
        batch: 'true',
      },
      body,
    )
    expect(answer.code).toBe(0)
    expect(answer.extFields!.queueOffset).toBe('0')
    expect(answer.extFields!.msgId!.split(',')).toHaveLength(3)
    const records = [...recordsIn((await client.pull('T', 'CG', 0)).body!)]
    expect(records.map((record) => [Buffer.from(record.body).toString(), record.flag, record.properties])).toEqual([
      ['a', 7, properties({ UNIQ_KEY: 'a' })],
      ['b', 7, properties({ UNIQ_KEY: 'b' })],
      ['c', 7, properties({ UNIQ_KEY: 'c' })],
    ])
  })

  test("goes to a queue of the broker's choice when its queue id is negative", async () => {
    for (let i = 0; i < 12; i++) {
      const sent = await client.send('T', 'x', { e: '-1' })
      expect(sent.code).toBe(0)
      expect(Number(sent.extFields!.queueId)).toBeLessThan(4)
    }
  })
})

describe('a send is refused', () => {
  const cases: [string, Parameters<TestClient['send']>, number, RegExp][] = [
    ['without a body', ['T', ''], 13, /no body/],
    ['to a hostile name', ['../x', 'x'], 1, /topic name/],
    ['to a name with NUL', ['a\u0000b', 'x'], 1, /topic name/],
    ['to a name of 10 KB', ['T'.repeat(10_240), 'x'], 1, /10240 characters/],
    ['to an unknown topic without a default', ['U', 'x', { c: 'Nothing' }], 17, /does not exist/],
    ['to the schedule topic', ['SCHEDULE_TOPIC_XXXX', 'x'], 16, /belongs to the broker/],
    ['to a queue out of range', ['T', 'x', { e: '99' }], 1, /queue 99 is illegal/],
    ['as half message without the property', ['T', 'x', { f: '4' }], 13, /TRAN_MSG is not there/],
    ['as one rolled back', ['T', 'x', { f: '12', i: properties({ TRAN_MSG: 'true' }) }], 13, /of a transaction/],
    ['to the topic of half messages', ['RMQ_SYS_TRANS_HALF_TOPIC', 'x'], 16, /belongs to the broker/],
    ['to the topic of op messages', ['RMQ_SYS_TRANS_OP_HALF_TOPIC', '0'], 16, /belongs to the broker/],
    ['with properties over 32 KB', ['T', 'x', { i: properties({ p: 'v'.repeat(32_768) }) }], 13, /./],
    ['as a batch that is none', ['T', 'not a batch', { m: 'true' }], 1, /batch/],
    ['as a delayed batch', ['T', 'x', { m: 'true', i: properties({ DELAY: '1' }) }], 13, /delayed/],
    ['with a queue id that is no number', ['T', 'x', { e: 'zero' }], 1, /'e' \(queueId\)/],
  ]
  test.each(cases)('%s', async (_, [topic, body, more], code, remark) => {
    await client.send('T', 'first')
    const answer = await client.send(topic, body, more)
    expect({ code: answer.code, remark: answer.remark }).toEqual({ code, remark: expect.stringMatching(remark) })
    expect(answer.remark).not.toMatch(/Exception/)
  })

  test('with SYSTEM_BUSY while too many wait for their acknowledgement', async () => {
    await bench.close()
    bench = await Bench.start({ sendThreadPoolQueueCapacity: 2 })
    client = bench.client()
    await client.send('T', 'first')
    const answers = await bench.sim.settle(
      Promise.all([1, 2, 3].map(() => client.begin(RequestCode.SEND_MESSAGE_V2, sendFields('T'), Buffer.from('x')))),
    )
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 2])
    expect(answers[2]!.remark).toMatch(/^\[OVERLOAD\]system busy, start flow control for a while/)
    expect(bench.broker.stats().sendsInFlight).toBe(0)
  })
})

describe('a pull', () => {
  test('waits and is woken by the message itself', async () => {
    await client.send('T', 'first')
    const startedMs = bench.sim.elapsedMs
    const pull = client.begin(RequestCode.PULL_MESSAGE, client.pullFields('T', 'CG', 1))
    await bench.sim.run(300)
    expect(bench.broker.stats().pullsHeld).toBe(1)
    await bench.client().send('T', 'second')
    const answer = await bench.sim.settle(pull)
    expect(answer).toMatchObject({ code: 0, extFields: { nextBeginOffset: '2' } })
    expect(bench.sim.elapsedMs - startedMs).toBeLessThan(400)
    expect(bench.broker.stats().pullsHeld).toBe(0)
  })

  test('is answered NOT_FOUND when its time is over, within one sweep', async () => {
    await client.send('T', 'first')
    const startedMs = bench.sim.elapsedMs
    const answer = await client.pull('T', 'CG', 1)
    expect(answer).toMatchObject({ code: 19, remark: 'OFFSET_OVERFLOW_ONE', extFields: { nextBeginOffset: '1' } })
    expect(bench.sim.elapsedMs - startedMs).toBeGreaterThanOrEqual(15_000)
    expect(bench.sim.elapsedMs - startedMs).toBeLessThan(20_100)
  })

  test('is not woken by tags it does not want, and moves on past them at the next sweep', async () => {
    await client.send('T', 'first')
    await client.consume('CG', 'T', { subString: 'A', tagsSet: ['A'], codeSet: [javaHash('A')] }, 2)
    const pull = client.begin(RequestCode.PULL_MESSAGE, client.pullFields('T', 'CG', 1))
    await bench.sim.run(100)
    await client.send('T', 'other', { i: properties({ TAGS: 'B' }) })
    await bench.sim.run(100)
    expect(bench.broker.stats().pullsHeld).toBe(1)
    const answer = await bench.sim.settle(pull)
    expect(answer).toMatchObject({ code: 20, remark: 'NO_MATCHED_MESSAGE', extFields: { nextBeginOffset: '2' } })
    expect(bench.sim.elapsedMs).toBeLessThan(12_000)
  })

  test('takes only the tags of the expression it brings along', async () => {
    for (const tag of ['A', 'B', 'C']) await client.send('T', tag, { i: properties({ TAGS: tag }) })
    const answer = await client.pull('T', 'CG', 0, { sysFlag: '4', subscription: 'A || C' })
    expect([...recordsIn(answer.body!)].map((record) => Buffer.from(record.body).toString())).toEqual(['A', 'C'])
    expect(answer.extFields!.nextBeginOffset).toBe('3')
  })

  test('of a client that is gone is dropped by the sweep', async () => {
    await client.send('T', 'first')
    const other = bench.client()
    other
      .begin(RequestCode.PULL_MESSAGE, other.pullFields('T', 'CG', 1, { suspendTimeoutMillis: '90000' }))
      .catch(() => {})
    await bench.sim.run(100)
    await bench.sim.settle(other.remoting.close())
    await bench.sim.run(5100)
    expect(bench.broker.stats().pullsHeld).toBe(0)
  })

  test('of a subscription newer than the one that is known is answered when that one takes all tags', async () => {
    await client.send('T', 'first', { i: properties({ TAGS: 'A' }) })
    await client.consume('CG', 'T', {}, 5)
    expect(await client.pull('T', 'CG', 0, { subVersion: '6' })).toMatchObject({ code: 0 })
    await client.consume('CG', 'T', { subString: 'A', tagsSet: ['A'], codeSet: [javaHash('A')] }, 7)
    expect(await client.pull('T', 'CG', 0, { subVersion: '8' })).toMatchObject({ code: 25 })
  })

  const refused: [string, Record<string, string>, number, RegExp][] = [
    ['an illegal group', { consumerGroup: 'CG/NEVER' }, 1, /group name/],
    ['a group that came into being with it', { consumerGroup: 'CG_NEVER' }, 24, /not online/],
    ['an unknown topic', { topic: 'None' }, 17, /None/],
    ['a queue out of range', { queueId: '99' }, 1, /queue 99/],
    ['a group that is not online', { consumerGroup: 'TOOLS_CONSUMER' }, 24, /not online/],
    ['a topic it is not subscribed to', { topic: 'BenchmarkTest' }, 24, /not subscribed/],
    ["an SQL92 subscription newer than the broker's", { subVersion: '9', expressionType: 'SQL92' }, 25, /newer/],
    ['a bad tag expression', { sysFlag: '4', subscription: ' || ' }, 23, /tag expression/],
    ['SQL92', { sysFlag: '4', expressionType: 'SQL92', subscription: 'a = 1' }, 1, /SQL92/],
    ['an unknown type of expression', { sysFlag: '4', expressionType: 'XPATH', subscription: '/a' }, 23, /XPATH/],
    ['an offset beyond the end', { queueOffset: '7' }, 21, /OFFSET_OVERFLOW_BADLY/],
    ['a negative offset', { queueOffset: '-5' }, 21, /OFFSET_TOO_SMALL/],
    ['an offset in a queue never written', { queueId: '3', queueOffset: '7' }, 21, /NO_M/],
  ]
  test.each(refused)('with %s is refused', async (_, more, code, remark) => {
    await client.send('T', 'first')
    const answer = await client.pull('T', 'CG', 0, more)
    expect({ code: answer.code, remark: answer.remark }).toEqual({ code, remark: expect.stringMatching(remark) })
  })

  test('commits the offset it carries', async () => {
    await client.send('T', 'first')
    await client.pull('T', 'CG', 0, { sysFlag: '1', commitOffset: '1' })
    const answer = await client.call(RequestCode.QUERY_CONSUMER_OFFSET, {
      consumerGroup: 'CG',
      topic: 'T',
      queueId: '0',
    })
    expect(answer).toMatchObject({ code: 0, extFields: { offset: '1' } })
  })

  test('by the code of 5.x is the same', async () => {
    await client.send('T', 'first')
    expect(await client.call(RequestCode.LITE_PULL_MESSAGE, client.pullFields('T', 'CG', 0))).toMatchObject({ code: 0 })
  })
})

test('the second port answers everything but pulls', async () => {
  await client.send('T', 'first')
  bench.address = bench.address.replace('10911', '10909')
  expect(await client.send('T', 'second')).toMatchObject({ code: 0 })
  expect(await client.pull('T', 'CG', 0)).toMatchObject({ code: 3 })
})
