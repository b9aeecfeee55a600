import type { Clock } from '@mq/io'
import { silentLogger } from '@mq/io'
import { decodeKVTable, encodeSubscriptionGroupConfig, RequestCode } from '@mq/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import type { BrokerState } from '../src/broker-state.js'
import { brokerConfigTable, type BrokerConfig } from '../src/config-table.js'
import { FastFailure } from '../src/fast-failure.js'
import { Lane } from '../src/flow-control.js'
import { Bench, properties, sendFields, type TestClient } from './support/bench.js'

let bench: Bench
let client: TestClient

async function start(...options: Parameters<typeof Bench.start>): Promise<void> {
  bench = await Bench.start(...options)
  client = bench.client()
  await client.consume('CG', 'T')
}
afterEach(() => bench?.close())

const beginSend = (body: string) => client.begin(RequestCode.SEND_MESSAGE_V2, sendFields('T'), Buffer.from(body))

/** The disk confirms nothing before `ms` have passed. */
const stallDisk = (ms: number) => (bench.faults.syncMs = () => ms)

describe('a disk that confirms nothing', () => {
  test('for four seconds has further sends refused at once; those before it are kept', async () => {
    await start()
    stallDisk(4500)
    const before = beginSend('before')
    await bench.sim.run(3900)
    const meanwhile = beginSend('meanwhile')
    await bench.sim.run(200)
    const refused = await client.send('T', 'too much')
    expect(refused.code).toBe(2)
    expect(refused.remark).toMatch(
      /^\[PCBUSY_CLEAN_QUEUE\]broker busy, start flow control for a while, period in queue: 4\d\d\dms, size of queue: 2; sends wait for the disk$/,
    )
    delete bench.faults.syncMs
    expect([(await bench.sim.settle(before)).code, (await bench.sim.settle(meanwhile)).code]).toEqual([0, 0])
    expect((await client.send('T', 'after')).extFields).toMatchObject({ queueOffset: '2' })
  })

  test('can be waited for: brokerFastFailureEnable=false', async () => {
    await start({ brokerFastFailureEnable: false })
    stallDisk(4500)
    const before = beginSend('before')
    await bench.sim.run(4400)
    expect(await client.send('T', 'and one more')).toMatchObject({ code: 0 })
    expect(await bench.sim.settle(before)).toMatchObject({ code: 0 })
  })

  test('shows in the runtime info', async () => {
    await start()
    stallDisk(1500)
    const before = beginSend('before')
    await bench.sim.run(800)
    const { body } = await client.call(RequestCode.GET_BROKER_RUNTIME_INFO)
    const { table } = decodeKVTable(body)
    expect(Number(table.sendThreadPoolQueueHeadWaitTimeMills)).toBeGreaterThan(700)
    expect(table.sendThreadPoolQueueSize).toBe('1')
    await bench.sim.settle(before)
  })

  test('has ends of transactions refused after three', async () => {
    await start()
    const half = await client.send('T', 'half', { f: '4', i: properties({ TRAN_MSG: 'true', PGROUP: 'PG' }) })
    const other = await client.send('T', 'other', { f: '4', i: properties({ TRAN_MSG: 'true', PGROUP: 'PG' }) })
    stallDisk(4000)
    const ended = client.begin(RequestCode.END_TRANSACTION, endFields(half.extFields!))
    await bench.sim.run(3100)
    const refused = await client.call(RequestCode.END_TRANSACTION, endFields(other.extFields!))
    expect(refused).toMatchObject({ code: 2, remark: expect.stringMatching(/^\[TIMEOUT_CLEAN_QUEUE\].*transactions/) })
    expect(await bench.sim.settle(ended)).toMatchObject({ code: 0 })
  })
})

const endFields = ({ msgId, queueOffset }: Record<string, string>) => ({
  producerGroup: 'PG',
  tranStateTableOffset: queueOffset!,
  commitLogOffset: String(Number.parseInt(msgId!.slice(-16), 16)),
  commitOrRollback: '8',
  fromTransactionCheck: 'false',
  msgId: '',
})

test('a disk that reads nothing for five seconds has further pulls refused', async () => {
  await start()
  for (let i = 0; i < 3; i++) await client.send('T', 'x'.repeat(1000))
  await bench.restart()
  client = bench.client()
  await client.consume('CG', 'T')
  bench.faults.readMs = () => 6000
  const reading = client.begin(RequestCode.PULL_MESSAGE, client.pullFields('T', 'CG', 0))
  await bench.sim.run(5100)
  expect(await client.pull('T', 'CG', 0)).toMatchObject({
    code: 2,
    remark: expect.stringMatching(/^\[TIMEOUT_CLEAN_QUEUE\].*pulls wait for the disk$/),
  })
  expect(await bench.sim.settle(reading)).toMatchObject({ code: 0 })
})

describe('when as many wait for the disk as may', () => {
  test('messages given back are refused like those sent', async () => {
    await start({ sendThreadPoolQueueCapacity: 1 })
    await client.send('T', 'first')
    stallDisk(500)
    const waiting = beginSend('waiting')
    await bench.sim.run(100)
    const back = { offset: '0', group: 'CG', delayLevel: '0' }
    expect(await client.call(RequestCode.CONSUMER_SEND_MSG_BACK, back)).toMatchObject({
      code: 2,
      remark: expect.stringMatching(/^\[OVERLOAD\]system busy.*1 requests of the send lane/),
    })
    expect(await bench.sim.settle(waiting)).toMatchObject({ code: 0 })
    expect(await client.call(RequestCode.CONSUMER_SEND_MSG_BACK, back)).toMatchObject({ code: 0 })
    expect(bench.broker.stats().sendsInFlight).toBe(0)
  })

  test('pulls are', async () => {
    await start({ pullThreadPoolQueueCapacity: 1 })
    await client.send('T', 'first')
    await bench.restart()
    client = bench.client()
    await client.consume('CG', 'T')
    bench.faults.readMs = () => 500
    const reading = client.begin(RequestCode.PULL_MESSAGE, client.pullFields('T', 'CG', 0))
    await bench.sim.run(100)
    expect(await client.pull('T', 'CG', 0)).toMatchObject({ code: 2, remark: expect.stringMatching(/^\[OVERLOAD\]/) })
    expect(await bench.sim.settle(reading)).toMatchObject({ code: 0 })
  })
})

describe('what came with a turn of the event loop that lasts too long', () => {
  let nowMs: number
  let endOfTurn: (() => void)[]
  const clock = { monotonic: () => nowMs, endOfTurn: (task: () => void) => endOfTurn.push(task) } as unknown as Clock

  function guard(config: Partial<BrokerConfig> = {}) {
    nowMs = 1000
    endOfTurn = []
    const lane = new Lane('send', () => 10)
    const broker = { config: { ...brokerConfigTable.defaults(), ...config }, sends: lane, reads: lane, ends: lane }
    const failure = new FastFailure(broker as unknown as BrokerState, clock, silentLogger)
    return (code: number) => failure.checkOf(code)!()
  }

  /** More than the clock is looked at for. */
  const handleMany = (check: (code: number) => unknown) =>
    Array.from({ length: 40 }, () => check(RequestCode.SEND_MESSAGE_V2)).at(-1)

  test('is refused before it is handled, and the next turn is not', () => {
    const check = guard()
    expect(handleMany(check)).toBeUndefined()
    nowMs += 201
    expect(handleMany(check)).toMatchObject({
      code: 2,
      remark:
        '[TIMEOUT_CLEAN_QUEUE]broker busy, start flow control for a while, period in queue: 201ms, size of queue: 0; sends wait for their turn',
    })
    for (const task of endOfTurn) task()
    expect(handleMany(check)).toBeUndefined()
    expect(endOfTurn).toHaveLength(2)
  })

  test('has its time by kind', () => {
    const check = guard({ waitTimeMillsInSendQueue: 100, waitTimeMillsInHeartbeatQueue: 5000 })
    handleMany(check)
    nowMs += 3500
    expect(handleMany(check)).toMatchObject({ code: 2 })
    expect(check(RequestCode.END_TRANSACTION)).toMatchObject({ code: 2 })
    expect(check(RequestCode.PULL_MESSAGE)).toBeUndefined()
    expect(check(RequestCode.HEART_BEAT)).toBeUndefined()
  })

  test('is not looked at for other requests', () => {
    const failure = new FastFailure({} as BrokerState, clock, silentLogger)
    expect(failure.checkOf(RequestCode.GET_MAX_OFFSET)).toBeUndefined()
  })
})

test('sends before startAcceptSendRequestTimeStamp are refused', async () => {
  await start({ startAcceptSendRequestTimeStamp: Date.UTC(2026, 10, 24, 13) })
  expect(await client.send('T', 'early')).toMatchObject({
    code: 1,
    remark: expect.stringContaining('takes no messages until 2026-11-24T13:00:00.000Z'),
  })
  await bench.sim.run(3_600_000)
  const late = bench.client()
  expect(await late.send('T', 'in time')).toMatchObject({ code: 0 })
})

describe('a group that reads far behind the newest message', () => {
  const far = { disableConsumeIfConsumerReadSlowly: true, consumerFallbehindThreshold: 2000 }

  test('may not consume any more, and its neighbours may', async () => {
    await start(far)
    for (let i = 0; i < 5; i++) await client.send('T', 'x'.repeat(1000))
    await client.consume('NEAR', 'T')
    expect(await client.pull('T', 'NEAR', 4)).toMatchObject({ code: 0 })
    expect(await client.pull('T', 'CG', 0)).toMatchObject({ code: 0 })
    expect(await client.pull('T', 'CG', 1)).toMatchObject({ code: 16, remark: expect.stringMatching(/consumeEnable/) })
    expect(await client.pull('T', 'NEAR', 4)).toMatchObject({ code: 0 })
    expect(bench.broker.groups().get('CG')).toMatchObject({ consumeEnable: false })
  })

  test('is left alone by default', async () => {
    await start({ consumerFallbehindThreshold: 2000 })
    for (let i = 0; i < 5; i++) await client.send('T', 'x'.repeat(1000))
    for (let i = 0; i < 2; i++) expect(await client.pull('T', 'CG', 0)).toMatchObject({ code: 0 })
  })
})

describe('a consumer that reads from far back', () => {
  /** With 40 % of so much memory, a message of 4000 bytes is near and two are far. */
  const memoryBytes = 14_000
  const suggested = async (offset: number) =>
    (await client.pull('T', 'CG', offset, { maxMsgNums: '1' })).extFields!.suggestWhichBrokerId
  async function startWith(slaveReadEnable: boolean) {
    await start({ slaveReadEnable }, { memoryBytes })
    for (let i = 0; i < 4; i++) await client.send('T', 'x'.repeat(4000))
  }

  test('is sent to the slave of its group, with slaveReadEnable; one that keeps up to the master', async () => {
    await startWith(true)
    expect(await suggested(3)).toBe('0')
    expect(await suggested(0)).toBe('1')
    const group = { ...bench.broker.groups().get('CG')!, whichBrokerWhenConsumeSlowly: 2, brokerId: 3 }
    const body = encodeSubscriptionGroupConfig(group)
    await client.call(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, undefined, body)
    expect([await suggested(0), await suggested(3)]).toEqual(['2', '3'])
  })

  test('stays at the master by default', async () => {
    await startWith(false)
    expect(await suggested(0)).toBe('0')
  })
})
