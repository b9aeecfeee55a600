import { decodeGetConsumerListByGroupResponseBody, RequestCode } from '@mq/protocol'
import type { StoreConfig } from '@mq/store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Bench, type TestClient } from './support/bench.js'

let bench: Bench
let client: TestClient

async function start(options: Partial<StoreConfig> = {}): Promise<void> {
  bench = await Bench.start({}, { store: options })
  client = bench.client()
  await client.consume('CG', 'T')
}
beforeEach(() => start())
afterEach(() => bench.close())

const committed = async () => {
  const asked = { consumerGroup: 'CG', topic: 'T', queueId: '0' }
  return (await client.call(RequestCode.QUERY_CONSUMER_OFFSET, asked)).extFields?.offset
}
const commit = (commitOffset: number) =>
  client.call(RequestCode.UPDATE_CONSUMER_OFFSET, {
    consumerGroup: 'CG',
    topic: 'T',
    queueId: '0',
    commitOffset: String(commitOffset),
  })

describe('a consumer beyond the end of its queue', () => {
  test('goes on where its group has come to, not at the beginning', async () => {
    for (const body of ['a', 'b', 'c']) await client.send('T', body)
    await commit(2)
    expect(await client.pull('T', 'CG', 7)).toMatchObject({ code: 21, extFields: { nextBeginOffset: '2' } })
  })

  test('goes on at the end when the group has not come anywhere', async () => {
    for (const body of ['a', 'b', 'c']) await client.send('T', body)
    expect(await client.pull('T', 'CG', 7)).toMatchObject({ code: 21, extFields: { nextBeginOffset: '3' } })
  })

  test('cannot say that it has consumed what is not there', async () => {
    await client.send('T', 'a')
    expect(await commit(2)).toMatchObject({ code: 1, remark: expect.stringContaining('ends at 1') })
    await client.pull('T', 'CG', 0, { sysFlag: '1', commitOffset: '5' })
    expect(await committed()).toBe('0')
    expect(await commit(1)).toMatchObject({ code: 0 })
  })
})

test('after a crash that took messages a group misses none of those that come then', async () => {
  await bench.close()
  await start({ flushDiskType: 'ASYNC_FLUSH' })
  await client.send('T', 'kept')
  await bench.sim.run(10_000)
  bench.faults.syncMs = () => 60_000
  for (const body of ['lost', 'lost too']) await client.send('T', body)
  await commit(3)
  await bench.sim.run(6000)
  bench.host.kill({ losePower: true })
  delete bench.faults.syncMs
  bench.host.restart()
  await bench.startBroker()
  client = bench.client()
  expect(await committed()).toBe('1')
  await client.consume('CG', 'T')
  for (const body of ['new', 'newer']) await client.send('T', body)
  expect(await client.pull('T', 'CG', 3)).toMatchObject({ code: 19 })
  expect(await client.pull('T', 'CG', 1)).toMatchObject({ code: 0, extFields: { nextBeginOffset: '3' } })
  expect(await client.pull('T', 'CG', 9)).toMatchObject({ code: 21, extFields: { nextBeginOffset: '1' } })
})

test('the list of consumers is in order, and names a client that came back once', async () => {
  const clients = ['c', 'a', 'b'].map((name) => bench.client(name))
  for (const one of clients) await one.consume('LIST', 'T')
  const again = bench.client('a-again')
  Object.assign(again, { id: 'a' })
  await again.consume('LIST', 'T')
  const { body } = await client.call(RequestCode.GET_CONSUMER_LIST_BY_GROUP, { consumerGroup: 'LIST' })
  expect(decodeGetConsumerListByGroupResponseBody(body)).toEqual({ consumerIdList: ['a', 'b', 'c'] })
})

test('a group whose next message was deleted goes on at the first that is there, not at 0', async () => {
  await bench.close()
  await start({
    mappedFileSizeCommitLog: 16_384,
    mappedFileSizeConsumeQueue: 20,
    fileReservedTime: 0,
    deleteWhen: '12',
  })
  for (let i = 0; i < 12; i++) await client.send('T', 'x'.repeat(5000))
  await commit(1)
  await client.call(RequestCode.CLEAN_EXPIRED_CONSUMEQUEUE)
  const { offset } = (await client.call(RequestCode.GET_MIN_OFFSET, { topic: 'T', queueId: '0' })).extFields!
  expect(Number(offset)).toBeGreaterThan(1)
  const first = { extFields: { nextBeginOffset: offset, minOffset: offset, maxOffset: '12' } }
  expect(await client.pull('T', 'CG', 1)).toMatchObject({ code: 21, remark: 'OFFSET_TOO_SMALL', ...first })
  expect(await committed()).toBe('1')
  // One that is new is not sent to the beginning by itself: where it starts is for its client to say.
  const asked = { consumerGroup: 'NEW', topic: 'T', queueId: '0' }
  expect(await client.call(RequestCode.QUERY_CONSUMER_OFFSET, asked)).toMatchObject({ code: 22 })
})

test('a group is given the offsets of another one, of one topic or of all', async () => {
  for (const topic of ['T', 'U']) await client.send(topic, 'x')
  for (const topic of ['T', 'U']) {
    const at = { consumerGroup: 'CG', topic, queueId: '0', commitOffset: '1' }
    await client.call(RequestCode.UPDATE_CONSUMER_OFFSET, at)
  }
  const clone = (destGroup: string, topic: string) =>
    client.call(RequestCode.CLONE_GROUP_OFFSET, { srcGroup: 'CG', destGroup, topic, offline: 'true' })
  const of = async (consumerGroup: string, topic: string) =>
    (await client.call(RequestCode.QUERY_CONSUMER_OFFSET, { consumerGroup, topic, queueId: '0' })).extFields!.offset
  expect(await clone('ONE', 'T')).toMatchObject({ code: 0 })
  expect([await of('ONE', 'T'), await of('ONE', 'U')]).toEqual(['1', '0'])
  expect(await clone('ALL', '')).toMatchObject({ code: 0 })
  expect([await of('ALL', 'T'), await of('ALL', 'U')]).toEqual(['1', '1'])
})
