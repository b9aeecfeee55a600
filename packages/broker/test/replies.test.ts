import { propertyOf, RequestCode, type Answer } from '@mq/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Bench, properties, sendFields, type TestClient } from './support/bench.js'

const topic = 'DefaultCluster_REPLY_TOPIC'
let bench: Bench
let requester: TestClient
let replier: TestClient

beforeEach(async () => {
  bench = await Bench.start()
  requester = bench.client('requester')
  replier = bench.client('replier')
  answerPushes({ code: 0 })
  await beat()
})
afterEach(() => bench.close())

const beat = () => requester.heartbeat({ producerDataSet: [{ groupName: 'PG' }] })
const answerPushes = (answer: Answer | undefined) =>
  requester.handle(RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, () => answer)
const reply = (more: Record<string, string> = { REPLY_TO_CLIENT: 'requester' }, body = 'answer') =>
  replier.call(
    RequestCode.SEND_REPLY_MESSAGE_V2,
    sendFields(topic, { i: properties({ MSG_TYPE: 'reply', CORRELATION_ID: 'c', ...more }) }),
    Buffer.from(body),
  )
const stored = async () =>
  Number((await replier.call(RequestCode.GET_MAX_OFFSET, { topic, queueId: '0' })).extFields!.offset)

describe('a reply', () => {
  test('is handed to a client whose request came before its first heartbeat, as long as it is connected', async () => {
    const early = bench.client('early')
    early.handle(RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, () => ({ code: 0 }))
    const request = properties({ REPLY_TO_CLIENT: 'early', CORRELATION_ID: 'c' })
    await early.send('T', 'question', { i: request })
    await requester.send('T', 'the same, passed on by another client', { i: request })
    await replier.send('%RETRY%CG', 'the same again, from a consumer', { i: request })
    expect(await reply({ REPLY_TO_CLIENT: 'early' })).toMatchObject({ code: 0 })
    expect(early.asked).toHaveLength(1)
    await bench.sim.settle(early.remoting.close())
    await bench.sim.run(10)
    expect(await reply({ REPLY_TO_CLIENT: 'early' })).toMatchObject({ code: 1 })
  })

  test('is handed to the client that asked, with the fields of 4.7.1, and stored', async () => {
    const answer = await reply()
    expect(answer).toMatchObject({ code: 0, extFields: { queueId: '0', queueOffset: '0', TRACE_ON: 'true' } })
    expect(answer.extFields!.msgId).toMatch(/^[0-9A-F]{32}$/)
    const [push] = requester.asked
    expect(Object.keys(push!.extFields!).sort()).toEqual([
      'bornHost',
      'bornTimestamp',
      'defaultTopic',
      'defaultTopicQueueNums',
      'flag',
      'producerGroup',
      'properties',
      'queueId',
      'reconsumeTimes',
      'storeHost',
      'storeTimestamp',
      'sysFlag',
      'topic',
      'unitMode',
    ])
    expect(push!.extFields).toMatchObject({ topic, storeHost: `/${bench.address}` })
    expect(push!.extFields!.bornHost).toMatch(/^\/[\d.]+:\d+$/)
    expect(propertyOf(push!.extFields!.properties!, 'CORRELATION_ID')).toBe('c')
    expect(propertyOf(push!.extFields!.properties!, 'PUSH_REPLY_TIME')).toMatch(/^\d+$/)
    expect(Buffer.from(push!.body!).toString()).toBe('answer')
    expect(await stored()).toBe(1)
  })

  test('is not stored where storeReplyMessageEnable is off', async () => {
    await replier.call(RequestCode.UPDATE_BROKER_CONFIG, undefined, Buffer.from('storeReplyMessageEnable=false'))
    expect(await reply()).toMatchObject({ code: 0, extFields: { msgId: '0', queueOffset: '0' } })
    expect(await stored()).toBe(0)
  })

  test('to nobody fails with a sentence, and is stored', async () => {
    expect(await reply({})).toMatchObject({ code: 1, remark: expect.stringMatching(/has no REPLY_TO_CLIENT/) })
    const missing = await reply({ REPLY_TO_CLIENT: 'nobody' })
    expect(missing).toMatchObject({ code: 1, remark: expect.stringMatching(/nobody is not online/) })
    expect(missing.extFields).toMatchObject({ queueOffset: '1' })
    await bench.sim.settle(requester.remoting.close())
    await bench.sim.run(100)
    expect(await reply()).toMatchObject({ code: 1, remark: expect.stringMatching(/requester is not online/) })
  })

  test('that is refused or not taken in time fails', async () => {
    answerPushes({ code: 1, remark: 'too late' })
    expect(await reply()).toMatchObject({ code: 1, remark: expect.stringMatching(/answered 1 too late/) })
    requester.handle(RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, () => undefined)
    const before = bench.sim.elapsedMs
    expect(await reply()).toMatchObject({ code: 1, remark: expect.stringMatching(/did not take the reply/) })
    expect(bench.sim.elapsedMs - before).toBeGreaterThanOrEqual(10_000)
  })

  test('without a body is refused', async () => {
    expect(await reply({ REPLY_TO_CLIENT: 'requester' }, '')).toMatchObject({ code: 13 })
    expect(requester.asked).toEqual([])
  })

  test('goes to the newest connection of its client', async () => {
    const again = bench.client('requester-2')
    again.handle(RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, () => ({ code: 0 }))
    await again.heartbeat({ clientID: 'requester', producerDataSet: [{ groupName: 'PG' }] })
    await bench.sim.settle(requester.remoting.close())
    expect(await reply()).toMatchObject({ code: 0 })
    expect(again.asked).toHaveLength(1)
  })
})
