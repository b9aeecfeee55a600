import { decodeKVTable, decodeTopicList, decodeTopicStatsTable, parseFastjson, RequestCode } from '@mq/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Bench, type TestClient } from './support/bench.js'

let bench: Bench
let client: TestClient

beforeEach(async () => {
  bench = await Bench.start()
  client = bench.client()
})
afterEach(() => bench.close())

const create = (topic: string, more: Record<string, string> = {}) =>
  client.call(RequestCode.UPDATE_AND_CREATE_TOPIC, {
    topic,
    defaultTopic: 'TBW102',
    readQueueNums: '3',
    writeQueueNums: '2',
    perm: '6',
    topicFilterType: 'SINGLE_TAG',
    topicSysFlag: '0',
    order: 'false',
    ...more,
  })

describe('topics', () => {
  test('are those of a 4.7.1 broker from the start', () => {
    expect(
      Object.fromEntries(
        [...bench.broker.topics()].map(([name, { readQueueNums, perm }]) => [name, [readQueueNums, perm]]),
      ),
    ).toEqual({
      SELF_TEST_TOPIC: [1, 6],
      TBW102: [8, 7],
      BenchmarkTest: [1024, 6],
      DefaultCluster: [16, 7],
      'broker-a': [1, 7],
      OFFSET_MOVED_EVENT: [1, 6],
      SCHEDULE_TOPIC_XXXX: [18, 6],
      DefaultCluster_REPLY_TOPIC: [1, 6],
    })
  })

  test('are made, shown, kept over a restart, and deleted with their queues', async () => {
    expect(await create('T')).toMatchObject({ code: 0 })
    await client.send('T', 'x')
    const stats = await client.call(RequestCode.GET_TOPIC_STATS_INFO, { topic: 'T' })
    expect([...decodeTopicStatsTable(stats.body).offsetTable.values()]).toEqual([
      { minOffset: 0, maxOffset: 1, lastUpdateTimestamp: expect.any(Number) },
      { minOffset: 0, maxOffset: 0, lastUpdateTimestamp: 0 },
    ])
    await bench.restart()
    client = bench.client()
    expect(bench.broker.topics().get('T')).toMatchObject({ readQueueNums: 3, writeQueueNums: 2 })
    expect(await client.call(RequestCode.DELETE_TOPIC_IN_BROKER, { topic: 'T' })).toMatchObject({ code: 0 })
    expect(await client.call(RequestCode.GET_TOPIC_STATS_INFO, { topic: 'T' })).toMatchObject({ code: 17 })
    for (const code of [RequestCode.GET_MAX_OFFSET, RequestCode.GET_MIN_OFFSET]) {
      expect(await client.call(code, { topic: 'T', queueId: '0' })).toMatchObject({ extFields: { offset: '0' } })
    }
  })

  const refused: [string, string, Record<string, string>][] = [
    ['of the broker', 'TBW102', {}],
    ['named after the cluster', 'DefaultCluster', {}],
    ['with a path', '../../etc', {}],
    ['with NUL', 'a\u0000b', {}],
    ['with 10 KB', 'T'.repeat(10_240), {}],
    ['without queues', 'T', { readQueueNums: '0' }],
    ['with too many queues', 'T', { writeQueueNums: '2147483647' }],
    ['with an impossible permission', 'T', { perm: '99' }],
  ]
  test.each(refused)('%s are refused', async (_, topic, more) => {
    const before = bench.broker.topics().size
    expect(await create(topic, more)).toMatchObject({ code: 1, remark: expect.any(String) })
    expect(bench.broker.topics().size).toBe(before)
  })

  test('of the system are listed', async () => {
    const { topicList } = decodeTopicList((await client.call(RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_BROKER)).body)
    expect(topicList).toHaveLength(12)
    expect(topicList).toContain('DefaultCluster_REPLY_TOPIC')
  })

  test('come into being with the queues the producer asks for, at most those of TBW102', async () => {
    await client.send('T4', 'x')
    await client.send('T8', 'x', { d: '99' })
    await client.send('T1', 'x', { d: '-3' })
    await client.send('TC', 'x', { c: 'DefaultCluster', d: '12' })
    const queues = ['T4', 'T8', 'T1', 'TC'].map((topic) => bench.broker.topics().get(topic)!.writeQueueNums)
    expect(queues).toEqual([4, 8, 1, 12])
    const change = Buffer.from('autoCreateTopicEnable=false\n')
    await client.call(RequestCode.UPDATE_BROKER_CONFIG, undefined, change)
    expect(await client.send('TN', 'x')).toMatchObject({ code: 17 })
  })
})

describe('the configuration', () => {
  const change = (text: string) => client.call(RequestCode.UPDATE_BROKER_CONFIG, undefined, Buffer.from(text))

  test('changes by allow-list, all of a request or nothing', async () => {
    expect(await change('brokerPermission=4\ntraceOn=false\n')).toMatchObject({ code: 0 })
    expect(bench.broker.config.brokerPermission).toBe(4)
    expect(await client.send('T', 'x')).toMatchObject({ extFields: { TRACE_ON: 'false' } })
    expect(await change('brokerPermission=6\nbrokerName=other\n')).toMatchObject({
      code: 16,
      remark: expect.stringMatching(/brokerName/),
    })
    expect(bench.broker.config.brokerPermission).toBe(4)
    expect(await change('storePathRootDir=/etc\n')).toMatchObject({ code: 16 })
    expect(await change('brokerPermision=6')).toMatchObject({
      remark: expect.stringMatching(/did you mean brokerPermission/),
    })
    expect(await change('brokerPermission=abc')).toMatchObject({ code: 16, remark: expect.stringMatching(/0 to 7/) })
  })

  test('without read permission refuses pulls, without write permission ordered topics and messages given back', async () => {
    await client.send('T', 'x')
    await client.consume('CG', 'T')
    await change('brokerPermission=2')
    expect(await client.pull('T', 'CG', 0)).toMatchObject({ code: 16 })
    await change('brokerPermission=4')
    expect(await client.send('T', 'x')).toMatchObject({ code: 0 })
    const back = { offset: '0', group: 'CG', delayLevel: '0' }
    expect(await client.call(RequestCode.CONSUMER_SEND_MSG_BACK, back)).toMatchObject({ code: 16 })
  })

  test('of the store is changed with it, or neither', async () => {
    await bench.close()
    const seen: [string, string][][] = []
    bench = await Bench.start(
      {},
      {
        changeMore: (entries) => {
          seen.push([...entries])
          return entries.has('storePathRootDir') ? ['storePathRootDir cannot be changed'] : []
        },
      },
    )
    client = bench.client()
    expect(await change('fileReservedTime=48\ntraceOn=false')).toMatchObject({ code: 0 })
    expect(seen).toEqual([[['fileReservedTime', '48']]])
    expect(await change('storePathRootDir=/x\nbrokerPermission=4')).toMatchObject({ code: 16 })
    expect(bench.broker.config).toMatchObject({ traceOn: false, brokerPermission: 6 })
    await change('fileReservedTime=1\nbrokerPermission=99')
    expect(seen).toHaveLength(2)
  })

  test('is shown with its version', async () => {
    await change('traceOn=false')
    const answer = await client.call(RequestCode.GET_BROKER_CONFIG)
    expect(JSON.parse(answer.extFields!.version!)).toMatchObject({ counter: 1 })
    expect(Buffer.from(answer.body!).toString()).toMatch(/^brokerName=broker-a$/m)
  })
})

test('runtime info has the keys tools read', async () => {
  for (let i = 0; i < 20; i++) await client.send('T', 'x')
  await bench.sim.run(10_000)
  const table = decodeKVTable((await client.call(RequestCode.GET_BROKER_RUNTIME_INFO)).body).table
  expect(table).toMatchObject({ brokerVersionDesc: 'V4_7_1', brokerVersion: '355', msgPutTotalTodayNow: '20' })
  expect(table.putTps).toMatch(/^[\d.]+ [\d.]+ [\d.]+$/)
  expect(table.putMessageDistributeTime).toMatch(/^(\[[^\]]+\]:\d+ ){13}$/)
  expect(Number(table.putTps!.split(' ')[0])).toBeGreaterThan(0)
  expect(table.runtime).toMatch(/^\[ 0 days, 0 hours, 0 minutes, 1\d seconds \]$/)
})

test('counters of a minute are shown by topic', async () => {
  for (let i = 0; i < 3; i++) {
    for (let n = 0; n < 10; n++) await client.send('T', 'x')
    await bench.sim.run(20_000)
  }
  const answer = await client.call(RequestCode.VIEW_BROKER_STATS_DATA, { statsName: 'TOPIC_PUT_NUMS', statsKey: 'T' })
  const { statsMinute } = parseFastjson(answer.body!) as { statsMinute: { sum: number; tps: number } }
  expect(statsMinute.sum).toBeGreaterThanOrEqual(20)
  expect(statsMinute.tps).toBeGreaterThan(0.3)
  const unknown = { statsName: '__proto__', statsKey: 'constructor' }
  expect(await client.call(RequestCode.VIEW_BROKER_STATS_DATA, unknown)).toMatchObject({ code: 1 })
})

test('an unknown code is answered with a sentence', async () => {
  for (const code of [9999, 47, 200_050]) {
    expect(await client.call(code)).toMatchObject({ code: 3, remark: expect.stringContaining(String(code)) })
  }
})
