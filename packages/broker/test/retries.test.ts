import { decodeMessageId, propertyOf, recordsIn, RequestCode, type MessageRecord } from '@mq/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Bench, properties, type TestClient } from './support/bench.js'

let bench: Bench
let client: TestClient

beforeEach(async () => {
  bench = await Bench.start()
  client = bench.client()
  await client.consume('CG', 'T')
})
afterEach(() => bench.close())

async function sendBack(msgId: string, more: Record<string, string> = {}) {
  return client.call(RequestCode.CONSUMER_SEND_MSG_BACK, {
    offset: String(decodeMessageId(msgId).commitLogOffset),
    group: 'CG',
    delayLevel: '0',
    originMsgId: 'x',
    originTopic: 'T',
    unitMode: 'false',
    maxReconsumeTimes: '16',
    ...more,
  })
}

/** Pulls one message from a queue of one that is waited for. */
async function next(topic: string, offset = 0): Promise<MessageRecord> {
  for (let tries = 0; tries < 20; tries++) {
    const answer = await client.pull(topic, 'CG', offset)
    if (answer.code === 0) return [...recordsIn(answer.body!)][0]!
    expect(answer.code).toBe(19)
  }
  throw new Error(`nothing came to ${topic}`)
}

const ageMs = (record: MessageRecord) => record.storeTimestamp - Date.UTC(2026, 10, 24, 12)

describe('a delayed message', () => {
  test.each([
    ['1', 1000],
    ['3', 10_000],
    ['18', 7_200_000],
    ['99', 7_200_000],
  ])('of level %s comes after %i ms, within 100 ms', async (level, delayMs) => {
    await client.send('T', 'first')
    const before = Math.floor(bench.sim.elapsedMs)
    const sent = await client.send('T', 'later', { i: properties({ DELAY: level, TAGS: 'A' }) })
    expect(sent).toMatchObject({ code: 0, extFields: { queueId: '0' } })
    await bench.sim.run(delayMs - 100)
    await client.consume('CG', 'T')
    const early = await client.pull('T', 'CG', 1, { sysFlag: '0' })
    expect(early.code).toBe(19)
    const record = await next('T', 1)
    const late = ageMs(record) - before - delayMs
    expect(late).toBeGreaterThanOrEqual(0)
    expect(late).toBeLessThan(100)
    expect(Buffer.from(record.body).toString()).toBe('later')
    expect(propertyOf(record.properties, 'REAL_TOPIC')).toBe('T')
  })

  test('has the levels of messageDelayLevel; a level beyond the last is the last', async () => {
    await bench.close()
    const messageDelayLevel = '2s 1m'
    bench = await Bench.start({ messageDelayLevel }, { store: { messageDelayLevel } })
    client = bench.client()
    await client.consume('CG', 'T')
    for (const level of ['2', '1', '3']) await client.send('T', level, { i: properties({ DELAY: level }) })
    const came = async () =>
      Number((await client.call(RequestCode.GET_MAX_OFFSET, { topic: 'T', queueId: '0' })).extFields!.offset)
    await bench.sim.run(1900)
    expect(await came()).toBe(0)
    await bench.sim.run(200)
    expect(await came()).toBe(1)
    await bench.sim.run(57_500)
    expect(await came()).toBe(1)
    await bench.sim.run(500)
    expect(await came()).toBe(3)
  })

  test('is one of many that are due at once', async () => {
    for (let i = 0; i < 100; i++) await client.send('T', `m${i}`, { e: '0', i: properties({ DELAY: '2' }) })
    bench.host.pause()
    await bench.sim.run(10_000)
    bench.host.resume()
    await bench.sim.run(1000)
    const found: string[] = []
    while (found.length < 100) {
      const answer = await client.pull('T', 'CG', found.length, { sysFlag: '0', maxMsgNums: '100' })
      expect(answer.code).toBe(0)
      for (const { body } of recordsIn(answer.body!)) found.push(Buffer.from(body).toString())
    }
    expect(found).toEqual(Array.from({ length: 100 }, (_, i) => `m${i}`))
  })

  test('that is damaged on the disk is passed over, and does not let the next one come before its time', async () => {
    const sent = await client.send('T', 'spoilt', { i: properties({ DELAY: '3' }) })
    await bench.sim.run(5000)
    await client.send('T', 'whole', { i: properties({ DELAY: '3' }) })
    await bench.restart()
    const bodyAt = Number.parseInt(sent.extFields!.msgId!.slice(-16), 16) + 88
    bench.host.damage('/store/commitlog/00000000000000000000', bodyAt, 1)
    client = bench.client('later')
    await client.consume('CG', 'T')
    await bench.sim.run(9000)
    expect(await client.pull('T', 'CG', 0, { sysFlag: '0' })).not.toMatchObject({ code: 0 })
    await bench.sim.run(3000)
    expect(Buffer.from((await next('T', 0)).body).toString()).toBe('whole')
  })

  test('waits through a restart of the broker, and comes once', async () => {
    await client.send('T', 'first')
    await client.send('T', 'later', { i: properties({ DELAY: '3' }) })
    await client.send('T', 'sooner', { i: properties({ DELAY: '1' }) })
    await bench.sim.run(2000)
    await bench.restart()
    client = bench.client()
    await client.consume('CG', 'T')
    const file = Buffer.from(bench.host.io.disk.readWhole('/store/config/delayOffset.json')!).toString()
    expect(file).toBe('{\n\t"offsetTable":{1:1,3:0\n\t}\n}')
    await bench.sim.run(10_000)
    const records = [...recordsIn((await client.pull('T', 'CG', 0)).body!)]
    expect(records.map((record) => Buffer.from(record.body).toString())).toEqual(['first', 'sooner', 'later'])
  })

  test('that was acknowledged comes even after the power was lost', async () => {
    await client.send('T', 'first')
    await client.send('T', 'later', { i: properties({ DELAY: '2' }) })
    bench.host.kill({ losePower: true })
    bench.host.restart()
    await bench.startBroker()
    client = bench.client()
    await client.consume('CG', 'T')
    await bench.sim.run(6000)
    const records = [...recordsIn((await client.pull('T', 'CG', 0)).body!)]
    expect(records.map((record) => Buffer.from(record.body).toString())).toEqual(['first', 'later'])
    expect(bench.broker.groups().has('CG')).toBe(true)
    expect(bench.broker.topics().get('T')).toMatchObject({ writeQueueNums: 4 })
  })

  test('is shown in the progress of its level', async () => {
    await client.send('T', 'later', { i: properties({ DELAY: '2' }) })
    const answer = await client.call(RequestCode.GET_ALL_DELAY_OFFSET)
    expect(Buffer.from(answer.body!).toString()).toBe('{"offsetTable":{2:0}}')
    const info = Buffer.from((await client.call(RequestCode.GET_BROKER_RUNTIME_INFO)).body!).toString()
    expect(info).toContain('"scheduleMessageOffset_2":"0,1"')
  })
})

describe('a message given back', () => {
  test('comes again through the retry topic, later each time', async () => {
    const sent = await client.send('T', 'x', { i: properties({ TAGS: 'A', UNIQ_KEY: 'u' }) })
    expect(await sendBack(sent.extFields!.msgId!)).toMatchObject({ code: 0 })
    const first = await next('%RETRY%CG')
    expect(first.reconsumeTimes).toBe(1)
    expect(ageMs(first)).toBeGreaterThanOrEqual(10_000)
    expect(ageMs(first)).toBeLessThan(10_200)
    expect(propertyOf(first.properties, 'RETRY_TOPIC')).toBe('T')
    expect(propertyOf(first.properties, 'ORIGIN_MESSAGE_ID')).toBe(sent.extFields!.msgId)
    expect(propertyOf(first.properties, 'WAIT')).toBe('false')
    expect(propertyOf(first.properties, 'UNIQ_KEY')).toBe('u')
    await sendBackRecord(first)
    const second = await next('%RETRY%CG', 1)
    expect(second.reconsumeTimes).toBe(2)
    expect(second.storeTimestamp - first.storeTimestamp).toBeGreaterThanOrEqual(30_000)
    expect(propertyOf(second.properties, 'RETRY_TOPIC')).toBe('T')
    expect(propertyOf(second.properties, 'ORIGIN_MESSAGE_ID')).toBe(sent.extFields!.msgId)
  })

  const sendBackRecord = async (record: MessageRecord, more: Record<string, string> = {}) => {
    const hex = record.commitLogOffset.toString(16).toUpperCase().padStart(16, '0')
    return sendBack(`0A00000100002A9F${hex}`, more)
  }

  test('too often ends in the dead-letter topic at once, without a delay', async () => {
    const sent = await client.send('T', 'x', { i: properties({ DELAY: '1' }) })
    expect(sent.code).toBe(0)
    await bench.sim.run(1100)
    const record = await next('T')
    expect(
      await sendBack(`0A00000100002A9F${record.commitLogOffset.toString(16).toUpperCase().padStart(16, '0')}`, {
        maxReconsumeTimes: '0',
      }),
    ).toMatchObject({ code: 0 })
    expect(bench.broker.topics().get('%DLQ%CG')).toMatchObject({ writeQueueNums: 1, perm: 2 })
    expect(await client.call(RequestCode.GET_MAX_OFFSET, { topic: '%DLQ%CG', queueId: '0' })).toMatchObject({
      extFields: { offset: '1' },
    })
    expect(await client.pull('%DLQ%CG', 'CG', 0, { sysFlag: '4', subscription: '*' })).toMatchObject({ code: 16 })
  })

  test('with a delay level below zero is dead', async () => {
    const sent = await client.send('T', 'x')
    await sendBack(sent.extFields!.msgId!, { delayLevel: '-1' })
    expect(bench.broker.topics().has('%DLQ%CG')).toBe(true)
  })

  test('and dead says where it came from, once an operator lets it be read', async () => {
    const sent = await client.send('T', 'x', { i: properties({ KEYS: 'k', TAGS: 'A', UNIQ_KEY: 'u' }) })
    await sendBack(sent.extFields!.msgId!)
    await sendBackRecord(await next('%RETRY%CG'), { maxReconsumeTimes: '1' })
    const queues = { readQueueNums: '1', writeQueueNums: '1', topicFilterType: 'SINGLE_TAG', order: 'false' }
    const readable = { topic: '%DLQ%CG', defaultTopic: 'TBW102', perm: '6', ...queues }
    expect(await client.call(RequestCode.UPDATE_AND_CREATE_TOPIC, readable)).toMatchObject({ code: 0 })
    const answer = await client.pull('%DLQ%CG', 'CG', 0, { sysFlag: '4', subscription: '*' })
    const [record] = recordsIn(answer.body!)
    expect(record).toMatchObject({ topic: '%DLQ%CG', queueId: 0, reconsumeTimes: 2 })
    const names = ['RETRY_TOPIC', 'ORIGIN_MESSAGE_ID', 'KEYS', 'TAGS', 'UNIQ_KEY', 'DELAY']
    expect(names.map((name) => propertyOf(record!.properties, name))).toEqual([
      ...['T', sent.extFields!.msgId, 'k', 'A', 'u', undefined],
    ])
    expect(Buffer.from(record!.body).toString()).toBe('x')
  })

  test('by an orderly consumer that sends it goes to the dead letters too', async () => {
    const sent = await client.send('%RETRY%CG', 'x', { j: '1', l: '1', i: properties({ DELAY: '4' }) })
    expect(sent).toMatchObject({ code: 0, extFields: { queueId: '0', queueOffset: '0' } })
    expect(await client.call(RequestCode.GET_MAX_OFFSET, { topic: '%DLQ%CG', queueId: '0' })).toMatchObject({
      extFields: { offset: '1' },
    })
    const unknown = await client.send('%RETRY%CG_NEW', 'x')
    expect(unknown).toMatchObject({ code: 26, remark: expect.stringMatching(/CG_NEW/) })
  })

  test('that is none is refused', async () => {
    const sent = await client.send('T', 'x')
    const inside = sent.extFields!.msgId!.replace(/0$/, '5')
    expect(await sendBack(inside)).toMatchObject({
      code: 1,
      remark: expect.stringMatching(/no message is at commit log offset 5/),
    })
    expect(await sendBack(sent.extFields!.msgId!, { group: 'CG_NEVER' })).toMatchObject({ code: 26 })
  })
})
