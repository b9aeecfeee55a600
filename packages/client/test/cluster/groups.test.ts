import { describe, expect, test } from 'vitest'
import { ClusterSuite, eventually, numbered, texts } from './cluster-suite.js'

const suite = new ClusterSuite()

describe('groups and offsets', () => {
  test('share the queues; nothing is lost when members come and go', async () => {
    const topic = await suite.newTopic(8)
    const group = suite.unique('CG')
    const first = await suite.consumer(topic, { group })
    const second = await suite.consumer(topic, { group })
    const own = ({ one }: typeof first) => one.queues.filter((queue) => queue.topic === topic).length
    await eventually(() => own(first) > 0 && own(second) > 0 && own(first) + own(second) === own(first) * 2)
    await suite.sendAll(numbered(topic, 200))
    await eventually(() => first.received.length + second.received.length >= 200)
    await first.one.close()
    await suite.sendAll(numbered(topic, 200, { tags: 'later' }))
    await eventually(() => second.received.filter((message) => message.tags === 'later').length >= 200, 30_000)
    expect(new Set([...first.received, ...second.received].map((message) => message.msgId)).size).toBe(400)
  })

  test('go on where they stopped', async () => {
    const topic = await suite.newTopic()
    const group = suite.unique('CG')
    await suite.sendAll(numbered(topic, 50))
    const first = await suite.consumer(topic, { group })
    await eventually(() => first.received.length >= 50)
    await first.one.close()
    const progress = await suite.admin.consumeStats(group, topic)
    expect(progress.lag).toBe(0)
    expect(progress.queues).toHaveLength(4)
    const second = await suite.consumer(topic, { group })
    await suite.sendAll(numbered(topic, 10, { tags: 'new' }))
    await eventually(() => second.received.length >= 10)
    expect(second.received.every((message) => message.tags === 'new')).toBe(true)
  })
})

describe('broadcasting', () => {
  test('broadcasting: every member gets everything', async () => {
    const topic = await suite.newTopic()
    const group = suite.unique('CG')
    const offsetsDirectory = `/tmp/${suite.unique('offsets')}`
    const members = [
      await suite.consumer(topic, { group, messageModel: 'broadcasting', offsetsDirectory }),
      await suite.consumer(topic, { group, messageModel: 'broadcasting', offsetsDirectory }),
    ]
    await suite.sendAll(numbered(topic, 40))
    await eventually(() => members.every(({ received }) => received.length >= 40))
    expect(texts(members[0]!.received)).toEqual(texts(members[1]!.received))
  })
})

describe('admin calls into clients', () => {
  test('are seen by admin tools, and can be moved by them while they run', async () => {
    const topic = await suite.newTopic(1)
    const { one, received } = await suite.consumer(topic)
    const startMs = Date.now()
    await suite.sendAll(numbered(topic, 10))
    await eventually(() => received.length === 10)
    const connection = await suite.admin.examineConsumerConnection(one.group)
    expect(connection).toMatchObject({ messageModel: 'CLUSTERING', consumeType: 'CONSUME_PASSIVELY' })
    expect(connection.connectionSet.map((member) => member.clientId)).toEqual([one.clientId])
    const [address] = await suite.admin.masters(suite.clusterName)
    const info = await suite.admin.consumerRunningInfo(address!, one.group, one.clientId)
    expect(info.subscriptionSet.map((subscription) => subscription.topic)).toContain(topic)
    const direct = await suite.admin.consumeMessageDirectly(address!, one.group, one.clientId, received[0]!.offsetMsgId)
    expect(direct.consumeResult).toBe('CR_SUCCESS')
    // The reset compares with committed offsets: they are committed every 5 s.
    await eventually(async () => (await suite.admin.consumerOffset(one.group, received[0]!.queue)) === 10, 20_000)
    const before = received.length
    await suite.admin.resetOffset({ group: one.group, topic, timestampMs: startMs - 1000 })
    await eventually(() => received.length >= before + 10)
    await eventually(async () => (await suite.admin.topicConsumers(topic)).includes(one.group), 10_000)
  }, 60_000)

  test('tell what a consumer does, with its process and handlers, and where it is', async () => {
    const topic = await suite.newTopic(1)
    let end = () => {}
    const held = new Promise<void>((resolve) => (end = resolve))
    const { one, received } = await suite.consumer(topic, {
      handler: (message) => (message.text() === '2' ? held : undefined),
    })
    await suite.sendAll(numbered(topic, 10))
    await eventually(() => received.length === 10)
    const address = await suite.firstMaster()
    const info = await suite.admin.consumerRunningInfo(address, one.group, one.clientId, { stacks: true })
    const queue = received[0]!.queue
    const [, held1] = [...info.mqTable].find(([{ topic: name }]) => name === topic)!
    const { queueOffset } = received.find((message) => message.text() === '2')!
    expect(held1).toMatchObject({ commitOffset: queueOffset, cachedMsgMaxOffset: 9 })
    expect(info.statusTable.get(topic)!.consumeOKTPS).toBeGreaterThan(0)
    expect(info.jstack).toContain('handlers that run: 1')
    const offsets = await suite.admin.consumerOffsets(topic, one.group)
    expect([...offsets.keys()]).toEqual([one.clientId])
    expect(offsets.get(one.clientId)).toEqual([{ queue, offset: queueOffset }])
    end()
  })
})
