import {
  decodeConsumeStats,
  decodeConsumerConnection,
  decodeGetConsumerListByGroupResponseBody,
  decodeLockBatchResponseBody,
  decodeResetOffsetBody,
  encodeLockBatchRequestBody,
  encodeSubscriptionGroupConfig,
  parseFastjson,
  RequestCode,
} from '@mq/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Bench, type TestClient } from './support/bench.js'

let bench: Bench
let client: TestClient

beforeEach(async () => {
  bench = await Bench.start()
  client = bench.client()
})
afterEach(() => bench.close())

const notified = (one: TestClient) =>
  one.asked.filter(({ code }) => code === RequestCode.NOTIFY_CONSUMER_IDS_CHANGED).map(({ extFields }) => extFields)

describe('heartbeats', () => {
  test('make the group and its retry topic, and put the client on the list', async () => {
    expect(await client.consume('CG', 'T')).toMatchObject({ code: 0, version: 355 })
    expect(bench.broker.groups().get('CG')).toMatchObject({ retryQueueNums: 1, retryMaxTimes: 16 })
    expect(bench.broker.topics().get('%RETRY%CG')).toMatchObject({ readQueueNums: 1, perm: 6 })
    const list = await client.call(RequestCode.GET_CONSUMER_LIST_BY_GROUP, { consumerGroup: 'CG' })
    expect(decodeGetConsumerListByGroupResponseBody(list.body)).toEqual({ consumerIdList: [client.id] })
  })

  test('tell the members when one joins or leaves or topics change, and not otherwise', async () => {
    const other = bench.client()
    await client.consume('CG', 'T')
    await bench.sim.run(10)
    expect(notified(client)).toEqual([{ consumerGroup: 'CG' }])
    await client.consume('CG', 'T')
    await client.consume('CG', 'T', {}, 99)
    await bench.sim.run(10)
    expect(notified(client)).toHaveLength(1)
    await other.consume('CG', 'T', {}, 99)
    await bench.sim.run(10)
    expect([notified(client), notified(other)].map((list) => list.length)).toEqual([2, 1])
    await client.consume('CG', 'U', {}, 100)
    await bench.sim.run(10)
    expect(notified(other)).toHaveLength(2)
    await bench.sim.settle(other.remoting.close())
    await bench.sim.run(10)
    expect(notified(client)).toHaveLength(4)
    await client.call(RequestCode.UNREGISTER_CLIENT, { clientID: client.id, producerGroup: '', consumerGroup: 'CG' })
    const list = await client.call(RequestCode.GET_CONSUMER_LIST_BY_GROUP, { consumerGroup: 'CG' })
    expect(list).toMatchObject({ code: 1, remark: expect.stringMatching(/^no consumer for this group, CG/) })
  })

  test('that stop for two minutes end the connection', async () => {
    await client.consume('CG', 'T')
    const keepAlive = async () => {
      for (let s = 0; s < 140; s += 20) {
        await bench.sim.run(20_000)
        await client.call(RequestCode.GET_MAX_OFFSET, { topic: 'T', queueId: '0' })
      }
    }
    await keepAlive()
    expect(bench.broker.onlineGroups().has('CG')).toBe(false)
  })

  test('of an older version change no subscription', async () => {
    await client.consume('CG', 'T', { subString: 'A' }, 5)
    await client.consume('CG', 'T', { subString: 'B' }, 4)
    const answer = await client.call(RequestCode.GET_CONSUMER_CONNECTION_LIST, { consumerGroup: 'CG' })
    const connection = decodeConsumerConnection(answer.body)
    expect(connection.connectionSet).toEqual([
      { clientId: client.id, clientAddr: expect.stringMatching(/^10\.0\.0\.2:/), language: 'JAVA', version: 355 },
    ])
    expect(JSON.stringify(parseFastjson(answer.body!))).toContain('"subString":"A"')
  })

  test('with a hostile group are refused, and none of it is taken in', async () => {
    const answer = await client.heartbeat({ producerDataSet: [{ groupName: 'PG' }, { groupName: '../../x' }] })
    expect(answer).toMatchObject({ code: 1, remark: expect.stringMatching(/group name/) })
    expect(await client.call(RequestCode.GET_PRODUCER_CONNECTION_LIST, { producerGroup: 'PG' })).toMatchObject({
      code: 1,
    })
  })
})

describe('consumer offsets', () => {
  const query = { consumerGroup: 'CG', topic: 'T', queueId: '0' }

  test('begin at 0 on a fresh queue, are kept, and survive a restart', async () => {
    await client.send('T', 'x')
    expect(await client.call(RequestCode.QUERY_CONSUMER_OFFSET, query)).toMatchObject({
      code: 0,
      extFields: { offset: '0' },
    })
    await client.call(RequestCode.UPDATE_CONSUMER_OFFSET, { ...query, commitOffset: '1' })
    await bench.sim.run(5100)
    const file = Buffer.from(bench.host.io.disk.readWhole('/store/config/consumerOffset.json')!).toString()
    expect(file).toBe('{\n\t"offsetTable":{\n\t\t"T@CG":{0:1\n\t\t}\n\t}\n}')
    await bench.restart()
    expect(await bench.client().call(RequestCode.QUERY_CONSUMER_OFFSET, query)).toMatchObject({
      extFields: { offset: '1' },
    })
  })

  test('for hostile names are refused', async () => {
    const answer = await client.call(RequestCode.UPDATE_CONSUMER_OFFSET, { ...query, topic: '../x', commitOffset: '7' })
    expect(answer.code).toBe(1)
    const negative = await client.call(RequestCode.UPDATE_CONSUMER_OFFSET, { ...query, commitOffset: '-1' })
    expect(negative.code).toBe(1)
  })

  test('show how far a group is', async () => {
    for (let i = 0; i < 3; i++) await client.send('T', 'x')
    await client.call(RequestCode.UPDATE_CONSUMER_OFFSET, { ...query, commitOffset: '2' })
    const answer = await client.call(RequestCode.GET_CONSUME_STATS, { consumerGroup: 'CG' })
    const rows = [...decodeConsumeStats(answer.body).offsetTable]
    expect(rows).toHaveLength(4)
    expect(rows[0]).toEqual([
      { topic: 'T', brokerName: 'broker-a', queueId: 0 },
      { brokerOffset: 3, consumerOffset: 2, lastTimestamp: expect.any(Number) },
    ])
  })

  test('are reset by telling the consumers', async () => {
    for (let i = 0; i < 3; i++) await client.send('T', 'x', { e: String(i % 4) })
    await client.consume('CG', 'T')
    for (const queueId of ['0', '1', '2', '3']) {
      await client.call(RequestCode.UPDATE_CONSUMER_OFFSET, { ...query, queueId, commitOffset: '1' })
    }
    const header = { topic: 'T', group: 'CG', timestamp: '0', isForce: 'true' }
    const answer = await client.call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, header)
    expect(answer.code).toBe(0)
    expect([...decodeResetOffsetBody(answer.body).offsetTable.values()]).toEqual([0, 0, 0, 0])
    await bench.sim.run(10)
    const told = client.asked.find(({ code }) => code === RequestCode.RESET_CONSUMER_CLIENT_OFFSET)!
    expect(told).toMatchObject({ flag: 2, extFields: { ...header, isForce: 'false' } })
    expect(decodeResetOffsetBody(told.body).offsetTable.size).toBe(4)
    expect(
      await client.call(RequestCode.INVOKE_BROKER_TO_RESET_OFFSET, { ...header, group: 'CG_NOBODY' }),
    ).toMatchObject({ code: 1 })
  })
})

describe('queue locks', () => {
  const queue = { topic: 'T', brokerName: 'broker-a', queueId: 0 }
  const lock = async (clientId: string) => {
    const body = encodeLockBatchRequestBody({ consumerGroup: 'CG', clientId, mqSet: [queue] })
    return decodeLockBatchResponseBody((await client.call(RequestCode.LOCK_BATCH_MQ, undefined, body)).body).lockOKMQSet
  }

  test('belong to one client until it lets go or is silent for a minute', async () => {
    expect(await lock('a')).toEqual([queue])
    expect(await lock('b')).toEqual([])
    await bench.sim.run(59_000)
    expect(await lock('a')).toEqual([queue])
    await bench.sim.run(59_000)
    expect(await lock('b')).toEqual([])
    await bench.sim.run(2000)
    expect(await lock('b')).toEqual([queue])
    const body = encodeLockBatchRequestBody({ consumerGroup: 'CG', clientId: 'b', mqSet: [queue] })
    await client.call(RequestCode.UNLOCK_BATCH_MQ, undefined, body)
    expect(await lock('a')).toEqual([queue])
  })
})

describe('calls to a consumer', () => {
  test('are handed on, and the answer back', async () => {
    await client.consume('CG', 'T')
    client.handle(RequestCode.GET_CONSUMER_RUNNING_INFO, () => ({ code: 0, body: Buffer.from('{"properties":{}}') }))
    const header = { consumerGroup: 'CG', clientId: client.id, jstackEnable: 'false' }
    const answer = await bench.client().call(RequestCode.GET_CONSUMER_RUNNING_INFO, header)
    expect(Buffer.from(answer.body!).toString()).toBe('{"properties":{}}')
    expect(client.asked.at(-1)!.extFields).toEqual(header)
  })

  test('do not show the consumer who asks, nor with which token', async () => {
    await client.consume('CG', 'T')
    for (const code of [RequestCode.GET_CONSUMER_RUNNING_INFO, RequestCode.CONSUME_MESSAGE_DIRECTLY]) {
      client.handle(code, () => ({ code: 0, body: Buffer.from('{}') }))
    }
    const { extFields } = await client.send('T', 'x')
    const header = { consumerGroup: 'CG', clientId: client.id, msgId: extFields!.msgId!, jstackEnable: 'false' }
    const signed = { ...header, AccessKey: 'admin-key', Signature: 'c2lnbmF0dXJl', SecurityToken: 'token' }
    await bench.client().call(RequestCode.GET_CONSUMER_RUNNING_INFO, signed)
    expect(client.asked.at(-1)!.extFields).toEqual(header)
    await bench.client().call(RequestCode.CONSUME_MESSAGE_DIRECTLY, signed)
    expect(client.asked.at(-1)!.extFields).toEqual({ ...header, brokerName: 'broker-a' })
  })

  test('carry the message to be consumed', async () => {
    await client.consume('CG', 'T')
    const sent = await client.send('T', 'x')
    client.handle(RequestCode.CONSUME_MESSAGE_DIRECTLY, () => ({ code: 0, body: Buffer.from('{}') }))
    const header = { consumerGroup: 'CG', clientId: client.id, msgId: sent.extFields!.msgId! }
    expect(await bench.client().call(RequestCode.CONSUME_MESSAGE_DIRECTLY, header)).toMatchObject({ code: 0 })
    expect(client.asked.at(-1)).toMatchObject({ extFields: { ...header, brokerName: 'broker-a' } })
    expect(client.asked.at(-1)!.body!.length).toBeGreaterThan(91)
  })

  test('to one that does not answer end after 10 s with CONSUME_MSG_TIMEOUT', async () => {
    await client.consume('CG', 'T')
    client.handle(RequestCode.GET_CONSUMER_RUNNING_INFO, () => undefined)
    const header = { consumerGroup: 'CG', clientId: client.id, jstackEnable: 'false' }
    expect(await client.call(RequestCode.GET_CONSUMER_RUNNING_INFO, header)).toMatchObject({ code: 207 })
    expect(await client.call(RequestCode.GET_CONSUMER_RUNNING_INFO, { ...header, clientId: 'nobody' })).toMatchObject({
      code: 1,
    })
  })
})

test('a group that may not consume is refused', async () => {
  await client.send('T', 'x')
  const config = {
    groupName: 'CG_OFF',
    consumeEnable: false,
    consumeFromMinEnable: true,
    consumeBroadcastEnable: true,
    retryQueueNums: 1,
    retryMaxTimes: 16,
    brokerId: 0,
    whichBrokerWhenConsumeSlowly: 1,
    notifyConsumerIdsChangedEnable: true,
  }
  await client.call(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, undefined, encodeSubscriptionGroupConfig(config))
  expect(await client.pull('T', 'CG_OFF', 0)).toMatchObject({ code: 16 })
})
