import { cloneGroupOffsetRequest, requestCommand, RequestCode } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { ClusterSuite, eventually, numbered, pause, texts } from './cluster-suite.js'

const suite = new ClusterSuite()

/** One queue with these messages, so far apart that each has a store time of its own. */
async function queueOf(bodies: readonly string[]) {
  const topic = await suite.newTopic(1)
  for (const body of bodies) {
    await suite.producer.send({ topic, body })
    await pause(20)
  }
  await eventually(async () => (await suite.countOf(topic)) === bodies.length)
  const messages = await suite.messagesOf(topic)
  return { topic, queue: messages[0]!.queue, messages }
}

describe('offset search', () => {
  test('finds the offset by time, the first, the last, and the time of the first', async () => {
    const { queue, messages } = await queueOf(['a', 'b', 'c'])
    const { admin } = suite
    const byTime = messages.map((one) => admin.searchOffset(queue, one.storeTimestamp))
    expect(await Promise.all(byTime)).toEqual([0, 1, 2])
    expect(await admin.searchOffset(queue, messages[0]!.storeTimestamp - 60_000)).toBe(0)
    expect(await admin.minOffset(queue)).toBe(0)
    expect(await admin.maxOffset(queue)).toBe(3)
    expect(await admin.earliestStoreTime(queue)).toBeLessThanOrEqual(messages[0]!.storeTimestamp)
  })
})

describe('where consumers start', () => {
  test('a new group starts with the first message, at a time, or behind the last', async () => {
    const { topic, messages } = await queueOf(['old', 'old', 'newer', 'newest'])
    const first = await suite.consumer(topic, { consumeFrom: 'first' })
    const timed = await suite.consumer(topic, { consumeFrom: new Date(messages[2]!.storeTimestamp) })
    const last = await suite.consumer(topic, { consumeFrom: 'last' })
    const all = [first, timed, last]
    await eventually(() => all.every(({ one }) => one.queues.some((queue) => queue.topic === topic)))
    await suite.producer.send({ topic, body: 'then' })
    await eventually(() => all.every(({ received }) => texts(received).includes('then')))
    await pause(300)
    const whole = ['newer', 'newest', 'old', 'old', 'then']
    expect(texts(first.received)).toEqual(whole)
    // Brokers of 5.x look whether the first message is in memory, whatever they are told that memory is: then all begin with it.
    const { brokerVersionDesc } = await suite.admin.brokerRuntimeInfo(await suite.firstMaster())
    const goesByMemory = brokerVersionDesc?.startsWith('V5') ?? false
    expect(texts(timed.received)).toEqual(goesByMemory ? whole : ['newer', 'newest', 'then'])
    expect(texts(last.received)).toEqual(goesByMemory ? whole : ['then'])
  })
})

describe('resetting and cloning offsets', () => {
  test('a group that is offline is moved back, and another gets the same offsets', async () => {
    const { topic, queue, messages } = await queueOf(['0', '1', '2', '3', '4'])
    const group = suite.unique('CG')
    const before = await suite.consumer(topic, { group })
    await eventually(() => before.received.length === 5)
    await before.one.close()
    expect(await suite.admin.consumerOffset(group, queue)).toBe(5)
    const back = await suite.admin.searchOffset(queue, messages[3]!.storeTimestamp)
    await suite.admin.updateConsumerOffset(group, queue, back)
    const copy = suite.unique('CG')
    const fields = cloneGroupOffsetRequest.encode({ srcGroup: group, destGroup: copy, topic, offline: true })
    const request = requestCommand(RequestCode.CLONE_GROUP_OFFSET, fields)
    expect(await suite.admin.invoke(await suite.firstMaster(), request)).toMatchObject({ code: 0 })
    for (const name of [group, copy]) {
      const { received } = await suite.consumer(topic, { group: name })
      await eventually(() => received.length === 2)
      expect(texts(received)).toEqual(['3', '4'])
    }
  })

  test('a group that consumes is moved back while it does', async () => {
    const { topic, queue, messages } = await queueOf(['0', '1', '2'])
    const { one, received } = await suite.consumer(topic, { commitInterval: 500 })
    await eventually(async () => (await suite.admin.consumerOffset(one.group, queue)) === 3)
    await suite.admin.resetOffset({ group: one.group, topic, timestampMs: messages[1]!.storeTimestamp })
    await eventually(() => received.length === 5)
    expect(received.slice(3).map((message) => message.text())).toEqual(['1', '2'])
    await suite.sendAll(numbered(topic, 1))
    await eventually(() => received.length === 6)
  })
})
