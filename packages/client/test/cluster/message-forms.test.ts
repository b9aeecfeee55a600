import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Producer, type ProducerOptions } from '../../src/index.js'
import { ClusterSuite, eventually, numbered } from './cluster-suite.js'

const suite = new ClusterSuite()

const producer = (options: Partial<ProducerOptions>): Promise<Producer> =>
  suite.closing(new Producer({ namesrv: suite.namesrv, group: suite.unique('PG'), ...options })).start()

const compressedFlag = 1

describe('compression', () => {
  test('a large body is stored compressed, and arrives as it was', async () => {
    const topic = await suite.newTopic(1)
    const body = 'long '.repeat(10_000)
    await suite.producer.send({ topic, body })
    const { received } = await suite.consumer(topic)
    await eventually(() => received.length === 1)
    expect(received[0]!.text()).toBe(body)
    expect(received[0]!.sysFlag & compressedFlag).toBe(compressedFlag)
    expect(received[0]!.storeSize).toBeLessThan(5000)
  })

  test('bodies below the limit, and those of a producer that compresses none, stay as they are', async () => {
    const topic = await suite.newTopic(1)
    const plain = await producer({ compressAbove: false })
    await suite.producer.send({ topic, body: 'x'.repeat(4096) })
    await plain.send({ topic, body: 'x'.repeat(50_000) })
    await eventually(async () => (await suite.countOf(topic)) === 2)
    const messages = await suite.messagesOf(topic)
    expect(messages.map((one) => one.body.length)).toEqual([4096, 50_000])
    for (const one of messages) {
      expect(one.sysFlag & compressedFlag).toBe(0)
      expect(one.storeSize).toBeGreaterThan(one.body.length)
    }
  })
})

describe('unit mode', () => {
  test('marks the topics and retry topics of a unit, and the client ids', async () => {
    const unit = { unitMode: true, unitName: 'site-b' }
    const topic = suite.unique('Unit')
    await (await producer(unit)).send({ topic, body: 'x' })
    const flagOf = async (name: string) => (await suite.admin.topicRoute(name)).queueDatas[0]!.topicSysFlag
    await eventually(async () => (await flagOf(topic)) === 1)
    const { one, received } = await suite.consumer(topic, unit)
    await eventually(() => received.length === 1)
    expect(one.clientId).toMatch(/@site-b$/)
    await eventually(async () => (await flagOf(`%RETRY%${one.group}`)) === 2)
  })
})

describe('waitStoreMsgOK', () => {
  test('a message that does not wait for the acknowledgement level is taken, kept, and says so', async () => {
    const topic = await suite.newTopic(1)
    const results = await suite.sendAll(numbered(topic, 10, { waitStoreOk: false }))
    expect(results.map((one) => one.status)).toEqual(results.map(() => 'SEND_OK'))
    await suite.producer.send({ topic, body: 'waits' })
    await eventually(async () => (await suite.countOf(topic)) === 11)
    const waits = (await suite.messagesOf(topic)).map((one) => one.properties['WAIT'])
    expect(waits.sort()).toEqual([...results.map(() => 'false'), 'true'])
  })
})

describe('size limits', () => {
  test('a body larger than the broker takes is refused by the broker', async () => {
    const topic = await suite.newTopic(1)
    const large = await producer({ maxMessageBytes: 16 << 20, compressAbove: false, timeout: 30_000 })
    const sent = large.send({ topic, body: randomBytes(5 << 20) })
    await expect(sent).rejects.toMatchObject({ code: 'REFUSED', details: { responseCode: 13 } })
    await large.send({ topic, body: 'fits' })
    await eventually(async () => (await suite.countOf(topic)) === 1)
  })

  test('what no broker takes is refused before it is sent', async () => {
    const topic = await suite.newTopic(1)
    for (const message of [
      { topic, body: Buffer.alloc((4 << 20) + 1) },
      { topic, body: 'x', properties: { long: 'x'.repeat(32_768) } },
      { topic: 'T'.repeat(128), body: 'x' },
      { topic, body: '' },
    ])
      await expect(suite.producer.send(message)).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
  })

  test('a body near the limit arrives', async () => {
    const topic = await suite.newTopic(1)
    const large = await producer({ compressAbove: false, timeout: 30_000 })
    const body = randomBytes(4_190_000)
    await large.send({ topic, body })
    const { received } = await suite.consumer(topic)
    await eventually(() => received.length === 1)
    expect(Buffer.compare(received[0]!.body, body)).toBe(0)
  })
})
