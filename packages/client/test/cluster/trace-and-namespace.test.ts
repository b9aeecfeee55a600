import { decodeTraceRecords } from '@mq/protocol'
import { describe, expect, test, vi } from 'vitest'
import { Producer, PushConsumer, type ReceivedMessage } from '../../src/index.js'
import { ClusterSuite, eventually } from './cluster-suite.js'

const suite = new ClusterSuite()

describe('message trace', () => {
  test('trace tells what was sent and consumed', async () => {
    const [topic, traceTopic] = [await suite.newTopic(), await suite.newTopic()]
    const trace = { topic: traceTopic }
    const producer = await new Producer({ namesrv: suite.namesrv, group: suite.unique('PG'), trace }).start()
    const sent = await producer.send({ topic, body: 'x', tags: 'T', keys: 'k' })
    const consumed: string[] = []
    const options = { namesrv: suite.namesrv, group: suite.unique('CG'), consumeFrom: 'first', trace } as const
    const consumer = new PushConsumer({
      ...options,
      subscriptions: { [topic]: '*' },
      handler: (one) => void consumed.push(one.msgId),
    })
    await consumer.start()
    await vi.waitFor(() => expect(consumed).toEqual([sent.msgId]), { timeout: 15_000 })
    await consumer.close()
    await producer.close()
    const recordsOf = (all: readonly ReceivedMessage[]) => all.flatMap((one) => decodeTraceRecords(one.text()))
    await eventually(async () => recordsOf(await suite.messagesOf(traceTopic)).length >= 3)
    const messages = await suite.messagesOf(traceTopic)
    expect(messages.every((one) => one.keys.includes(sent.msgId) && one.keys.includes('k'))).toBe(true)
    const records = recordsOf(messages)
    expect(records.map((one) => one.type).sort()).toEqual(['Pub', 'SubAfter', 'SubBefore'])
    expect(records.find((one) => one.type === 'Pub')).toMatchObject({
      ...{
        msgId: sent.msgId,
        offsetMsgId: sent.offsetMsgId,
        topic,
        tags: 'T',
        keys: 'k',
        success: true,
        bodyLength: 1,
      },
    })
  })
})

describe('namespaces', () => {
  test('a namespace is a prefix at the broker', async () => {
    const topic = await suite.newTopic(2, 'space%')
    const options = { namesrv: suite.namesrv, group: suite.unique('PG'), namespace: 'space' }
    const producer = await suite.closing(new Producer(options)).start()
    const { queue } = await producer.send({ topic, body: 'x' })
    expect(queue.topic).toBe(topic)
    await eventually(async () => (await suite.countOf(`space%${topic}`)) === 1)
  })
})
