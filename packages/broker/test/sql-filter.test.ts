import { readFileSync } from 'node:fs'
import { encodeCheckClientRequestBody, parseFastjson, recordsIn, RequestCode, type ReceivedCommand } from '@mq/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import { Bench, properties, type TestClient } from './support/bench.js'

const sql = (subString: string) => ({ expressionType: 'SQL92', subString })
const own = (subscription: string) => ({ sysFlag: '4', expressionType: 'SQL92', subscription })
const bodies = ({ body }: ReceivedCommand) =>
  body === undefined ? [] : [...recordsIn(body)].map((record) => Buffer.from(record.body).toString())

const dayMs = 86_400_000

let bench: Bench
let client: TestClient
const send = (a: string, more: Record<string, string> = {}) =>
  client.send('T', `a=${a}`, { i: properties({ a, ...more }) })

beforeEach(async () => {
  bench = await Bench.start({ enablePropertyFilter: true, filterDataCleanTimeSpan: 3 * dayMs })
  client = bench.client()
  return () => bench.close()
})

describe('a pull with SQL92', () => {
  test('gives out what matches, and goes on behind what does not', async () => {
    for (const a of ['1', '12', 'x', '30', '5']) await send(a)
    await client.consume('CG', 'T', sql('a > 10'))
    const answer = await client.pull('T', 'CG', 0, { expressionType: 'SQL92' })
    expect(answer).toMatchObject({ code: 0, extFields: { nextBeginOffset: '5' } })
    expect(bodies(answer)).toEqual(['a=12', 'a=30'])
    const ownAnswer = await client.pull('T', 'CG', 0, own('a BETWEEN 5 AND 12'))
    expect(bodies(ownAnswer)).toEqual(['a=12', 'a=5'])
    expect(await client.pull('T', 'CG', 0, own("a = 'none'"))).toMatchObject({
      code: 20,
      remark: 'NO_MATCHED_MESSAGE',
      extFields: { nextBeginOffset: '5' },
    })
  })

  test('never gives out everything when the expression is bad', async () => {
    await send('1')
    await client.consume('CG', 'T', sql('a >'))
    expect(await client.pull('T', 'CG', 0, own('a ===== 1'))).toMatchObject({
      code: 23,
      remark: expect.stringContaining('character 4'),
    })
    expect(await client.pull('T', 'CG', 0, { ...own(''), subscription: '' })).toMatchObject({ code: 23 })
    expect(await client.pull('T', 'CG', 0)).toMatchObject({ code: 27 })
    const deep = `${'('.repeat(1000)}a = 1${')'.repeat(1000)}`
    expect(await client.pull('T', 'CG', 0, own(deep))).toMatchObject({
      code: 23,
      remark: expect.stringContaining('deep'),
    })
  })

  test('waits for a message that matches, and for no other', async () => {
    await send('1')
    await client.consume('CG', 'T', sql('a = 7'))
    const held = client.begin(RequestCode.PULL_MESSAGE, client.pullFields('T', 'CG', 1, { expressionType: 'SQL92' }))
    let answer: ReceivedCommand | undefined
    void held.then((command) => (answer = command))
    await bench.sim.run(10)
    await send('6')
    await bench.sim.run(10)
    expect(answer).toBeUndefined()
    await send('7')
    await bench.sim.run(10)
    expect(answer && bodies(answer)).toEqual(['a=7'])
    expect(answer).toMatchObject({ extFields: { nextBeginOffset: '3' } })
  })

  test('moves its consumer on past messages that do not match', async () => {
    await client.consume('CG', 'T', sql('a = 7'))
    await send('1')
    const held = client.begin(RequestCode.PULL_MESSAGE, client.pullFields('T', 'CG', 1, { expressionType: 'SQL92' }))
    await bench.sim.run(10)
    await send('2')
    await bench.sim.run(5000)
    expect(await bench.sim.settle(held)).toMatchObject({ code: 20, extFields: { nextBeginOffset: '2' } })
  })

  test('of a version that the broker has not seen is refused', async () => {
    await send('1')
    await client.consume('CG', 'T', sql('a = 1'), 5)
    expect(await client.pull('T', 'CG', 0, { subVersion: '6' })).toMatchObject({ code: 25 })
    // A newer subscription whose expression is bad leaves no filter behind.
    await client.consume('CG', 'T', sql('a ='), 7)
    expect(await client.pull('T', 'CG', 0, { subVersion: '7' })).toMatchObject({ code: 27 })
    await client.consume('CG', 'T', sql('a = 1'), 8)
    expect(bodies(await client.pull('T', 'CG', 0, { subVersion: '8' }))).toEqual(['a=1'])
  })

  test('reads properties with control characters as Apache does', async () => {
    await client.send('T', 'x', { i: 'a\u00011\u0001\u0002b\u00011\u00012\u0002c\u0001\n\u0002\u0001\u0002a\u0002' })
    expect(bodies(await client.pull('T', 'CG', 0, own("a = 1 AND b IS NULL AND c = '\n'")))).toEqual(['x'])
  })
})

describe('without enablePropertyFilter', () => {
  beforeEach(() => client.call(RequestCode.UPDATE_BROKER_CONFIG, undefined, Buffer.from('enablePropertyFilter=false')))

  test('SQL92 is refused with a sentence that names it', async () => {
    await send('1')
    await client.consume('CG', 'T', sql('a = 1'))
    const refused = { code: 1, remark: expect.stringContaining('enablePropertyFilter=true') }
    expect(await client.pull('T', 'CG', 0)).toMatchObject(refused)
    expect(await client.pull('T', 'CG', 0, own('a = 1'))).toMatchObject(refused)
    expect(await check('a = 1')).toMatchObject(refused)
  })
})

const check = (subString: string, expressionType = 'SQL92') => {
  const subscription = { topic: 'T', classFilterMode: false, tagsSet: [], codeSet: [], subVersion: 1 }
  const subscriptionData = { ...subscription, subString, expressionType }
  const body = encodeCheckClientRequestBody({ clientId: 'c', group: 'CG', namespace: undefined, subscriptionData })
  return client.call(RequestCode.CHECK_CLIENT_CONFIG, undefined, body)
}

test('CHECK_CLIENT_CONFIG lets good expressions start and says what is wrong with others', async () => {
  expect(await check('a = 1')).toMatchObject({ code: 0 })
  expect(await check('a ==== 1')).toMatchObject({ code: 23, remark: expect.stringContaining('character 4') })
  expect(await check('/a', 'XPATH')).toMatchObject({ code: 23 })
  expect(await check('A || B', 'TAG')).toMatchObject({ code: 0 })
})

test('with filterSupportRetry retried messages are filtered as their own topic', async () => {
  await client.consume('CG', 'T', sql('a = 1'))
  for (const a of ['1', '2']) {
    await client.send('%RETRY%CG', `a=${a}`, { i: properties({ a, RETRY_TOPIC: 'T' }), l: '16' })
  }
  const pulled = async () => bodies(await client.pull('%RETRY%CG', 'CG', 0))
  expect(await pulled()).toEqual(['a=1', 'a=2'])
  await client.call(RequestCode.UPDATE_BROKER_CONFIG, undefined, Buffer.from('filterSupportRetry=true'))
  expect(await pulled()).toEqual(['a=1'])
})

test('QUERY_CONSUME_QUEUE shows the filter of a group', async () => {
  await send('1')
  await client.consume('CG', 'T', sql('a = 1'))
  const fields = { topic: 'T', queueId: '0', index: '0', count: '1' }
  const of = async (consumerGroup: string) =>
    parseFastjson((await client.call(RequestCode.QUERY_CONSUME_QUEUE, { ...fields, consumerGroup })).body!) as {
      filterData: string
    }
  expect((await of('CG')).filterData).toContain('"expression":"a = 1"')
  expect((await of('CG_AWAY')).filterData).toBe('CG_AWAY@T is not online!')
})

describe('consumerFilter.json', () => {
  const apache = readFileSync(new URL('golden/consumerFilter.json.golden', import.meta.url), 'utf8')
  const file = () => Buffer.from(bench.host.io.disk.readWhole('/store/config/consumerFilter.json')!).toString()
  const filters = () => (parseFastjson(file()) as { filterDataByTopic: object }).filterDataByTopic
  const restartWith = async (text: string) => {
    await bench.sim.settle(bench.broker.close())
    const io = bench.host.restart()
    io.disk.makeDirectory('/store/config')
    io.disk.replaceWhole('/store/config/consumerFilter.json', Buffer.from(text))
    await bench.startBroker()
    client = bench.client()
  }

  test("is Apache's, byte for byte", async () => {
    await restartWith(apache)
    await client.consume('CG_OTHER', 'TopicOther', sql('b = 1'))
    await bench.sim.run(6000)
    const other = /\n\t\t"TopicOther":\{[^]*\n\t\t\}/.exec(file())![0]
    expect(file().replace(`,${other}`, '')).toBe(apache)
  })

  test('keeps filters over a restart, and drops those of groups that stay away', async () => {
    await client.consume('CG', 'T', sql('a = 1'))
    await bench.sim.run(6000)
    expect(filters()).toMatchObject({ T: { groupFilterData: { CG: { dead: false, expression: 'a = 1' } } } })
    await client.call(RequestCode.UNREGISTER_CLIENT, { clientID: client.id, consumerGroup: 'CG' })
    await bench.sim.run(6000)
    expect(filters()).toMatchObject({ T: { groupFilterData: { CG: { dead: true } } } })
    await bench.restart()
    client = bench.client()
    await client.consume('CG', 'T', sql('a = 1'))
    await bench.sim.run(6000)
    expect(filters()).toMatchObject({ T: { groupFilterData: { CG: { dead: false, deadTime: 0 } } } })
    await client.consume('CG', 'Other', {}, 2)
    await bench.sim.run(6000)
    expect(filters()).toMatchObject({ T: { groupFilterData: { CG: { dead: true } } } })
    await client.call(RequestCode.UPDATE_BROKER_CONFIG, undefined, Buffer.from('filterDataCleanTimeSpan=10000'))
    await bench.sim.run(12_000)
    expect(filters()).toEqual({})
  })

  test('may hold nonsense', async () => {
    await restartWith(
      '{"filterDataByTopic":{"T":{"groupFilterData":{"CG":{"expression":"a >","expressionType":"SQL92"}}}}}',
    )
    expect(await client.send('T', 'x')).toMatchObject({ code: 0 })
    await restartWith('{"filterDataByTopic":[1,null]}')
    expect(await client.send('T', 'x')).toMatchObject({ code: 0 })
  })
})
