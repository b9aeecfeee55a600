import { decodeMessageId, encodeBatch, recordsIn, RequestCode, type ReceivedCommand } from '@mq/protocol'
import { createFileStore } from '@mq/store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Bench, properties, type BenchOptions, type TestClient } from './support/bench.js'

let bench: Bench
let client: TestClient
let logged: string[]

async function start(more: BenchOptions = {}): Promise<void> {
  bench = await Bench.start({ enablePropertyFilter: true, transactionCheckInterval: 10_000 }, more)
  client = bench.client()
  await client.consume('CG', 'T')
}
beforeEach(() => start())
afterEach(() => bench.close())

const maxOffset = async (topic: string) =>
  Number((await client.call(RequestCode.GET_MAX_OFFSET, { topic, queueId: '0' })).extFields!.offset)
const recordsOf = (answer: ReceivedCommand) => [...recordsIn(answer.body!)]
const asHalf = (more: Record<string, string> = {}) => ({
  f: '4',
  i: properties({ TRAN_MSG: 'true', PGROUP: 'PG', ...more }),
})
const query = (key: string, more: Record<string, string> = {}) =>
  client.call(RequestCode.QUERY_MESSAGE, {
    ...{ topic: 'T', key, maxNum: '10', beginTimestamp: '0', endTimestamp: '9223372036854775807' },
    ...more,
  })

describe('properties', () => {
  test('with control characters are given out as they came, and change nothing around them', async () => {
    const texts = [
      'a\u0000\u0001b\n\r\t\u0002',
      '\u0002\u0002\u0001\u0001',
      'KEYS\u0001\u0007 k2\u0002TAGS\u0001\u001b\u0002',
      'no separator at all',
      '\u{1f600}\u0001\u007f\u0002',
    ]
    for (const [i, text] of texts.entries()) {
      expect(await client.send('T', `m${i}`, { i: text })).toMatchObject({ code: 0 })
    }
    const records = recordsOf(await client.pull('T', 'CG', 0))
    expect(records.map(({ body }) => Buffer.from(body).toString())).toEqual(['m0', 'm1', 'm2', 'm3', 'm4'])
    for (const [i, text] of texts.entries()) expect(records[i]!.properties.startsWith(text)).toBe(true)
    expect(recordsOf(await query('\u0007'))).toHaveLength(1)
  })

  test('that end in NUL are refused, also in the middle of a batch', async () => {
    const batch = encodeBatch([
      { flag: 0, body: Buffer.from('x'), properties: '' },
      { flag: 0, body: Buffer.from('y'), properties: 'a\u0001\u0000' },
    ])
    expect(await client.send('T', batch, { m: 'true' })).toMatchObject({
      code: 13,
      remark: expect.stringMatching(/message 1 of the batch has properties that end in a NUL/),
    })
    await bench.sim.run(1000)
    expect(await maxOffset('T')).toBe(0)
  })
})

describe('a delay level', () => {
  test.each(['-1', '0'])('of %s is no delay', async (level) => {
    await client.send('T', 'x', { i: properties({ DELAY: level }) })
    expect(await maxOffset('T')).toBe(1)
  })

  test.each(['soon', '1.5', '1e1', '0x1', ' 1', '99999999999'])('of %j is refused', async (level) => {
    expect(await client.send('T', 'x', { i: properties({ DELAY: level }) })).toMatchObject({
      code: 13,
      remark: expect.stringContaining(`the delay level '${level}' is no whole number`),
    })
    const half = await client.send('T', 'x', asHalf({ DELAY: level }))
    expect(half).toMatchObject({ code: 13 })
    await bench.sim.run(1000)
    expect(await maxOffset('T')).toBe(0)
  })
})

test('queue ids below zero are no queues', async () => {
  await client.send('T', 'x')
  const queue = { topic: 'T', queueId: '-1' }
  const ask = (code: number, more: Record<string, string> = {}) => client.call(code, { ...queue, ...more })
  expect(await client.pull('T', 'CG', 0, queue)).toMatchObject({
    code: 1,
    remark: expect.stringContaining('queue -1 is illegal'),
  })
  expect(await ask(RequestCode.GET_MAX_OFFSET)).toMatchObject({ extFields: { offset: '0' } })
  expect(await ask(RequestCode.GET_MIN_OFFSET)).toMatchObject({ extFields: { offset: '0' } })
  expect(await ask(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, { timestamp: '0' })).toMatchObject({
    extFields: { offset: '0' },
  })
  expect(await ask(RequestCode.GET_EARLIEST_MSG_STORETIME)).toMatchObject({ extFields: { timestamp: '-1' } })
  const committed = { consumerGroup: 'CG', commitOffset: '0' }
  expect(await ask(RequestCode.UPDATE_CONSUMER_OFFSET, committed)).toMatchObject({
    code: 1,
    remark: expect.stringContaining('queue -1 cannot be stored'),
  })
  expect(await maxOffset('T')).toBe(1)
})

test('an expression of a thousand parentheses leaves its group without messages, and others alone', async () => {
  const deep = `${'('.repeat(1000)}a = 1${')'.repeat(1000)}`
  await client.send('T', 'x', { i: properties({ a: '1' }) })
  expect(await client.consume('DEEP', 'T', { expressionType: 'SQL92', subString: deep })).toMatchObject({ code: 0 })
  expect(await client.pull('T', 'DEEP', 0)).toMatchObject({ code: 27, remark: expect.stringContaining('DEEP') })
  expect(await client.pull('T', 'CG', 0)).toMatchObject({ code: 0 })
})

test('a subscription to a topic that is not there waits for it', async () => {
  expect(await client.consume('EARLY', 'Later')).toMatchObject({ code: 0 })
  expect(await client.pull('Later', 'EARLY', 0)).toMatchObject({
    code: 17,
    remark: 'topic Later does not exist on broker broker-a',
  })
  await client.send('Later', 'x')
  expect(await client.pull('Later', 'EARLY', 0)).toMatchObject({ code: 0 })
})

describe('what no consumer has been given', () => {
  test.each([
    ['a half message', asHalf({ KEYS: 'k', UNIQ_KEY: 'U' }), 'RMQ_SYS_TRANS_HALF_TOPIC'],
    ['a delayed message', { i: properties({ KEYS: 'k', UNIQ_KEY: 'U', DELAY: '18' }) }, 'SCHEDULE_TOPIC_XXXX'],
  ])('cannot be given back, nor found by its keys: %s', async (_, more, topic) => {
    const { extFields } = await client.send('T', 'hidden', more)
    const back = {
      offset: String(decodeMessageId(extFields!.msgId!).commitLogOffset),
      ...{ group: 'CG', delayLevel: '1', originTopic: 'T', maxReconsumeTimes: '16' },
    }
    expect(await client.call(RequestCode.CONSUMER_SEND_MSG_BACK, back)).toMatchObject({
      code: 1,
      remark: expect.stringContaining(`waits in ${topic}: no consumer has it to give back`),
    })
    await bench.sim.run(2000)
    expect(await maxOffset('%RETRY%CG')).toBe(0)
    expect(await query('k')).toMatchObject({ code: 22 })
    expect(await query('U', { _UNIQUE_KEY_QUERY: 'true' })).toMatchObject({ code: 22 })
  })
})

test('op messages for half messages that are not there are passed over, with a log line each', async () => {
  await bench.close()
  logged = []
  const write = (_: object, message: string) => void logged.push(message)
  const logger = { debug() {}, info() {}, warn: write, error: write, child: () => logger }
  await start({ logger })
  await client.send('T', 'half', asHalf())
  await bench.sim.settle(bench.broker.close())
  const bodies = ['999', '-1', 'abc', '1,2,', '0x0', '']
  await appendOps(bodies)
  await bench.startBroker()
  const producer = bench.client()
  producer.handle(RequestCode.CHECK_TRANSACTION_STATE, () => undefined)
  await producer.heartbeat({ producerDataSet: [{ groupName: 'PG' }] })
  await bench.sim.run(15_000)
  // None of them has ended the one that is there.
  expect(producer.asked.filter(({ code }) => code === RequestCode.CHECK_TRANSACTION_STATE)).toHaveLength(1)
  const named = logged.flatMap((line) => /names half message '(.*)', which is not there/.exec(line)?.[1] ?? [])
  expect(named).toEqual(['999', '-1', 'abc', '1', '2', '0x0'])
})

/** As another broker could have left them in this store. */
async function appendOps(bodies: readonly string[]): Promise<void> {
  bench.host.restart()
  const storeHost = { host: bench.host.address, port: 10_911 }
  const config = { mappedFileSizeCommitLog: 1 << 22 }
  const store = createFileStore({ io: bench.host.io, directory: '/store', storeHost, config })
  await bench.sim.settle(store.start())
  for (const body of bodies) {
    const { ok } = store.append({
      ...{ topic: 'RMQ_SYS_TRANS_OP_HALF_TOPIC', queueId: 0, flag: 0, sysFlag: 0, reconsumeTimes: 0 },
      ...{ bornTimestamp: 0, bornHost: storeHost, preparedTransactionOffset: 0 },
      ...{ body: Buffer.from(body), properties: 'TAGS\u0001d\u0002', tagsCode: 'd'.charCodeAt(0) },
    })
    expect(ok).toBe(true)
  }
  await bench.sim.settle(store.close())
}
