import { describe, expect, test } from 'vitest'
import type { Message, MessageQueue } from '../../src/index.js'
import { ClusterSuite, eventually, numbered, pause } from './cluster-suite.js'

const suite = new ClusterSuite()

describe('ordered messages', () => {
  test('messages to one queue stay in order', async () => {
    const topic = await suite.newTopic()
    const selector = (queues: readonly { queueId: number }[]) => queues[2] as never
    const results = await Promise.all(numbered(topic, 100).map((one) => suite.producer.send(one, { selector })))
    expect(results.map((one) => one.queueOffset)).toEqual(results.map((_, i) => i))
  })

  test('each queue is consumed in order, one message at a time, by members that come and go', async () => {
    const topic = await suite.newTopic(4)
    const group = suite.unique('CG')
    const handled: { queueId: number; body: number; by: string }[] = []
    const running = new Set<number>()
    const overlaps: number[] = []
    const member = (by: string) =>
      suite.consumer(topic, {
        group,
        ordered: true,
        handler: async (message) => {
          const { queueId } = message.queue
          if (running.has(queueId)) overlaps.push(queueId)
          running.add(queueId)
          handled.push({ queueId, body: Number(message.text()), by })
          await pause(2)
          running.delete(queueId)
        },
      })
    const own = ({ one }: Awaited<ReturnType<typeof member>>) =>
      one.queues.filter((queue) => queue.topic === topic).length
    const first = await member('first')
    await eventually(() => own(first) === 4, 60_000)
    const count = 400
    const selector = (queues: readonly MessageQueue[], { body }: Message) =>
      queues.find(({ queueId }) => queueId === Number(body) % 4)!
    const send = (from: number, to: number) =>
      Promise.all(
        numbered(topic, to)
          .slice(from)
          .map((one) => suite.producer.send(one, { selector })),
      )
    await send(0, count / 2)
    const second = await member('second')
    await eventually(() => own(first) === 2 && own(second) === 2, 90_000)
    await send(count / 2, count)
    await first.one.close()
    const bodies = () => new Set(handled.map((one) => one.body))
    await eventually(() => bodies().size === count, 90_000)
    expect(overlaps).toEqual([])
    for (let queueId = 0; queueId < 4; queueId++) {
      const ofQueue = handled.filter((one) => one.queueId === queueId).map((one) => one.body)
      expect(ofQueue).toEqual([...ofQueue].sort((a, b) => a - b))
      expect(ofQueue).toHaveLength(count / 4)
    }
    expect(new Set(handled.map((one) => one.by))).toEqual(new Set(['first', 'second']))
  })

  test('a message that fails keeps its place', async () => {
    const topic = await suite.newTopic(1)
    const { received } = await suite.consumer(topic, {
      ordered: true,
      suspendMs: 100,
      handler: (message) => (message.text() === '1' && message.reconsumeTimes < 2 ? 'later' : 'success'),
    })
    await suite.producer.sendBatch(numbered(topic, 4))
    await eventually(() => received.length === 6)
    expect(received.map((one) => one.text())).toEqual(['0', '1', '1', '1', '2', '3'])
  })

  test('one that fails too often goes to the dead-letter queue, and the queue goes on', async () => {
    const topic = await suite.newTopic(1)
    const { one, received } = await suite.consumer(topic, {
      ...{ ordered: true, suspendMs: 100, maxReconsumeTimes: 1 },
      handler: (message) => (message.text() === '0' ? 'later' : 'success'),
    })
    await suite.producer.sendBatch(numbered(topic, 2))
    await eventually(() => received.length === 3)
    expect(received.map((message) => message.text())).toEqual(['0', '0', '1'])
    // Apache's 4.7.1 lets it wait for its retry delay, a minute.
    const dead = async () =>
      (await suite.admin.topicStats(`%DLQ%${one.group}`)).some(({ maxOffset }) => maxOffset === 1)
    await eventually(dead, 120_000)
  })
})
