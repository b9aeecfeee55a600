import {
  decodeGetConsumerListByGroupResponseBody,
  decodeKVTable,
  decodeLockBatchResponseBody,
  decodeMessageId,
  decodeRegisterBrokerBody,
  encodeLockBatchRequestBody,
  recordsIn,
  RequestCode,
  type ReceivedCommand,
} from '@mq/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { Bench, properties, type BenchOptions, type TestClient } from './support/bench.js'
import { startFakeServer } from './support/fake-server.js'

let bench: Bench
let client: TestClient
afterEach(() => bench.close())

async function start(...options: [Parameters<typeof Bench.start>[0]?, BenchOptions?]): Promise<void> {
  bench = await Bench.start(...options)
  client = bench.client()
  await client.consume('CG', 'T')
}

const maxOffset = async (topic: string) =>
  Number((await client.call(RequestCode.GET_MAX_OFFSET, { topic, queueId: '0' })).extFields!.offset)
const bodiesOf = (answer: ReceivedCommand) =>
  answer.body === undefined ? [] : [...recordsIn(answer.body)].map(({ body }) => Buffer.from(body).toString())
const committed = async (by: TestClient) =>
  Number(
    (await by.call(RequestCode.QUERY_CONSUMER_OFFSET, { consumerGroup: 'CG', topic: 'T', queueId: '0' })).extFields!
      .offset,
  )
const membersOf = async (group: string) => {
  const { body } = await client.call(RequestCode.GET_CONSUMER_LIST_BY_GROUP, { consumerGroup: group })
  return body === undefined ? [] : decodeGetConsumerListByGroupResponseBody(body).consumerIdList
}
const lock = async (by: TestClient) => {
  const queue = { topic: 'T', brokerName: 'broker-a', queueId: 0 }
  const asked = encodeLockBatchRequestBody({ consumerGroup: 'CG', clientId: by.id, mqSet: [queue] })
  return decodeLockBatchResponseBody((await by.call(RequestCode.LOCK_BATCH_MQ, undefined, asked)).body).lockOKMQSet
    .length
}
const sendHalf = async (body: string) => {
  const i = properties({ TRAN_MSG: 'true', PGROUP: 'PG', UNIQ_KEY: body })
  const { extFields } = await client.send('T', body, { f: '4', i })
  return { offset: extFields!.queueOffset!, at: String(decodeMessageId(extFields!.msgId!).commitLogOffset) }
}
const commit = ({ offset, at }: { offset: string; at: string }) =>
  client.call(RequestCode.END_TRANSACTION, {
    ...{ producerGroup: 'PG', tranStateTableOffset: offset, commitLogOffset: at, commitOrRollback: '8' },
  })
const sendBack = (msgId: string) =>
  client.call(RequestCode.CONSUMER_SEND_MSG_BACK, {
    ...{ offset: String(decodeMessageId(msgId).commitLogOffset), group: 'CG', delayLevel: '0' },
    ...{ originTopic: 'T', maxReconsumeTimes: '16' },
  })

describe('a clock that steps back an hour', () => {
  const hourMs = 3_600_000
  const stepBack = () => (bench.host.clockOffsetMs -= hourMs)

  test('lets delayed messages come in their time, those before and those after it', async () => {
    await start()
    const later = (body: string) => client.send('T', body, { i: properties({ DELAY: '3' }) })
    await later('before')
    await bench.sim.run(3000)
    stepBack()
    await later('after')
    await bench.sim.run(6900)
    expect(await maxOffset('T')).toBe(0)
    await bench.sim.run(200)
    expect(await maxOffset('T')).toBe(1)
    await bench.sim.run(2700)
    expect(await maxOffset('T')).toBe(1)
    await bench.sim.run(300)
    expect(bodiesOf(await client.pull('T', 'CG', 0))).toEqual(['before', 'after'])
  })

  test('stops no check of transactions, and no commit', async () => {
    await start({ transactionCheckInterval: 10_000 })
    client.handle(RequestCode.CHECK_TRANSACTION_STATE, () => undefined)
    await client.heartbeat({ producerDataSet: [{ groupName: 'PG' }] })
    const first = await sendHalf('first')
    stepBack()
    await sendHalf('second')
    expect(await commit(first)).toMatchObject({ code: 0 })
    await bench.sim.run(21_000)
    const asked = client.asked.filter(({ code }) => code === RequestCode.CHECK_TRANSACTION_STATE)
    expect(new Set(asked.map(({ extFields }) => extFields!.msgId))).toEqual(new Set(['second']))
    expect(bodiesOf(await client.pull('T', 'CG', 0))).toEqual(['first'])
  })

  test('frees no lock, ends no group and wakes no pull', async () => {
    await start()
    await client.send('T', 'x')
    expect(await lock(client)).toBe(1)
    const held = client.begin(RequestCode.PULL_MESSAGE, client.pullFields('T', 'CG', 1))
    await bench.sim.run(100)
    stepBack()
    const other = bench.client()
    await bench.sim.run(10_000)
    expect(await lock(other)).toBe(0)
    expect(bench.broker.stats().pullsHeld).toBe(1)
    expect(await bench.sim.settle(held)).toMatchObject({ code: 19 })
    expect(await membersOf('CG')).toEqual([client.id])
  })

  test('counts no day twice', async () => {
    await start()
    await client.send('T', 'x')
    const midnight = new Date(bench.host.io.clock.now()).setHours(24, 0, 0, 0)
    const untilMs = midnight - bench.host.io.clock.now()
    const totals = async () => {
      const { body } = await bench.client().call(RequestCode.GET_BROKER_RUNTIME_INFO)
      const { msgPutTotalTodayMorning, msgPutTotalYesterdayMorning } = decodeKVTable(body).table
      return [msgPutTotalYesterdayMorning, msgPutTotalTodayMorning]
    }
    await bench.sim.run(untilMs - 1000)
    stepBack()
    await bench.sim.run(2000)
    expect(await totals()).toEqual(['0', '0'])
    await bench.sim.run(hourMs)
    expect(await totals()).toEqual(['0', '1'])
  })

  test('keeps store times in order, so that an offset is found by time', async () => {
    await start()
    const before = bench.host.io.clock.now()
    await client.send('T', 'a')
    stepBack()
    await client.send('T', 'b')
    const records = [...recordsIn((await client.pull('T', 'CG', 0)).body!)]
    expect(records[1]!.storeTimestamp).toBeGreaterThanOrEqual(records[0]!.storeTimestamp)
    const search = { topic: 'T', queueId: '0', timestamp: String(before) }
    expect(await client.call(RequestCode.SEARCH_OFFSET_BY_TIMESTAMP, search)).toMatchObject({
      extFields: { offset: '0' },
    })
  })
})

test('a name server that is gone for ten minutes stops nothing, and then hears of what is new', async () => {
  bench = await Bench.start({ namesrvAddr: '10.0.0.2:9876' })
  const codes = [RequestCode.REGISTER_BROKER, RequestCode.UNREGISTER_BROKER]
  const before = await startFakeServer(bench, 'ns', codes, () => ({ code: 0, extFields: {} }))
  await bench.sim.until(() => before.seen.length > 0)
  await bench.sim.settle(before.close())
  client = bench.client()
  await client.consume('CG', 'T')
  for (let minute = 0; minute < 10; minute++) {
    expect(await client.send('T', `m${minute}`)).toMatchObject({ code: 0 })
    await client.consume('CG', 'T')
    await bench.sim.run(60_000)
  }
  expect(bodiesOf(await client.pull('T', 'CG', 0))).toHaveLength(10)
  const after = await startFakeServer(bench, 'ns', codes, () => ({ code: 0, extFields: {} }))
  await bench.sim.run(31_000)
  const tables = after.seen.map(({ body }) => decodeRegisterBrokerBody(body).topicConfigSerializeWrapper)
  expect(tables.at(-1)!.topicConfigTable.has('T')).toBe(true)
  await bench.sim.settle(after.close())
})

describe('a consumer that is killed with messages in flight', () => {
  async function killConsumer(losePower: boolean) {
    await start()
    for (let i = 0; i < 5; i++) await client.send('T', `m${i}`)
    const doomed = bench.client('doomed')
    await doomed.consume('CG', 'T')
    expect(await lock(doomed)).toBe(1)
    expect(bodiesOf(await doomed.pull('T', 'CG', 0))).toHaveLength(5)
    await doomed.pull('T', 'CG', 0, { sysFlag: '1', commitOffset: '2' })
    client.asked.length = 0
    bench.sim.host('doomed').kill({ losePower })
    bench.clients.splice(bench.clients.indexOf(doomed), 1)
  }
  const told = () => client.asked.filter(({ code }) => code === RequestCode.NOTIFY_CONSUMER_IDS_CHANGED)

  test('leaves what it has not committed to the other members, who are told at once', async () => {
    await killConsumer(false)
    await bench.sim.run(100)
    expect(told()).toHaveLength(1)
    expect(await membersOf('CG')).toEqual([client.id])
    const offset = await committed(client)
    expect(bodiesOf(await client.pull('T', 'CG', offset))).toEqual(['m2', 'm3', 'm4'])
  })

  test('without a word is missed after two minutes, and its lock is free after one', async () => {
    await killConsumer(true)
    for (let s = 0; s < 60; s += 20) {
      expect(await lock(client)).toBe(0)
      await bench.sim.run(20_000)
      await client.consume('CG', 'T')
    }
    await bench.sim.run(1000)
    expect(await lock(client)).toBe(1)
    expect(await membersOf('CG')).toHaveLength(2)
    for (let s = 0; s < 80; s += 20) {
      await client.consume('CG', 'T')
      await bench.sim.run(20_000)
    }
    expect(await membersOf('CG')).toEqual([client.id])
    expect(told()).toHaveLength(1)
    expect(await committed(client)).toBe(2)
  })
})

test('checks go on to the next producer when the first one died without a word', async () => {
  await start({ transactionCheckInterval: 10_000 })
  const producers = ['doomed', 'other'].map((name) => bench.client(name))
  for (const one of producers) {
    one.handle(RequestCode.CHECK_TRANSACTION_STATE, () => undefined)
    await one.heartbeat({ producerDataSet: [{ groupName: 'PG' }] })
  }
  await sendHalf('x')
  bench.sim.host('doomed').kill({ losePower: true })
  bench.clients.splice(bench.clients.indexOf(producers[0]!), 1)
  await bench.sim.run(35_000)
  expect(producers[1]!.asked.filter(({ code }) => code === RequestCode.CHECK_TRANSACTION_STATE)).not.toEqual([])
})

describe('a broker that is started again', () => {
  test('has answered the pulls it held, and takes none of another kind for them', async () => {
    await start()
    await client.send('T', 'x')
    const held = client.begin(RequestCode.PULL_MESSAGE, client.pullFields('T', 'CG', 1))
    await bench.sim.run(100)
    await bench.restart()
    expect(await bench.sim.settle(held)).toMatchObject({ code: 19, extFields: { nextBeginOffset: '1' } })
    expect(bench.broker.stats().pullsHeld).toBe(0)
  })

  test.each(['orderly', 'power'] as const)('%s: brings a message given back, in its time', async (how) => {
    await start()
    const sent = await client.send('T', 'again')
    expect(await sendBack(sent.extFields!.msgId!)).toMatchObject({ code: 0 })
    await restart(how)
    expect(await maxOffset('%RETRY%CG')).toBe(0)
    await bench.sim.run(11_000)
    const [record] = recordsIn((await client.pull('%RETRY%CG', 'CG', 0)).body!)
    expect(record).toMatchObject({ reconsumeTimes: 1 })
  })

  test.each(['orderly', 'power'] as const)('%s: keeps dead letters, groups and topics', async (how) => {
    await start()
    const sent = await client.send('T', 'dead')
    await client.call(RequestCode.CONSUMER_SEND_MSG_BACK, {
      ...{ offset: String(decodeMessageId(sent.extFields!.msgId!).commitLogOffset), group: 'CG', delayLevel: '-1' },
    })
    await restart(how)
    expect(await maxOffset('%DLQ%CG')).toBe(1)
    expect(bench.broker.topics().get('%DLQ%CG')).toMatchObject({ perm: 2 })
    expect(bench.broker.groups().has('CG')).toBe(true)
  })

  async function restart(how: 'orderly' | 'power'): Promise<void> {
    if (how === 'orderly') await bench.restart()
    else {
      bench.host.kill({ losePower: true })
      bench.host.restart()
      await bench.startBroker()
    }
    client = bench.client()
    await client.consume('CG', 'T')
  }
})
