import { describe, expect, test } from 'vitest'
import {
  PushConsumer,
  type MessageHandler,
  type MessageQueue,
  type PushConsumerOptions,
  type ReceivedMessage,
} from '../../src/index.js'
import { SimulatedCluster } from '../support/simulated-cluster.js'

const queueCount = 4

interface Handled {
  host: string
  queueId: number
  body: number
}

/** Ordered consumers of topic Orders; `handled` is what their handlers saw, in time. */
class Group {
  readonly handled: Handled[] = []
  readonly running = new Map<number, string>()
  /** Two handlers at once with messages of one queue. */
  readonly overlaps: string[] = []
  #sent = 0

  private constructor(readonly cluster: SimulatedCluster) {}

  static async start(): Promise<Group> {
    const cluster = await new SimulatedCluster().start()
    await cluster.createTopic('Orders', queueCount)
    return new Group(cluster)
  }

  get sim() {
    return this.cluster.sim
  }

  /** The next numbers, spread over the queues: number n lies in queue n % 4. */
  async send(count: number): Promise<void> {
    const selector = (queues: readonly MessageQueue[], { body }: { body: unknown }) =>
      queues.find(({ queueId }) => queueId === Number(body) % queueCount)!
    const all = Array.from({ length: count }, () =>
      this.cluster.producer.send({ topic: 'Orders', body: `${this.#sent++}` }, { selector }),
    )
    await this.sim.settle(Promise.all(all))
  }

  pause(host: string, ms: number): Promise<void> {
    return new Promise((resolve) => this.sim.host(host).io.clock.after(ms, resolve))
  }

  async member(
    host: string,
    handler: MessageHandler = () => this.pause(host, 20),
    options: Partial<PushConsumerOptions> = {},
  ): Promise<PushConsumer> {
    const consumer = new PushConsumer({
      ...this.cluster.on(host),
      group: 'CG',
      consumeFrom: 'first',
      ordered: true,
      subscriptions: { Orders: '*' },
      ...options,
      handler: (message, context) => this.#handle(host, message, () => handler(message, context)),
    })
    await this.sim.settle(consumer.start())
    return consumer
  }

  async #handle(host: string, message: ReceivedMessage, handler: () => unknown) {
    const { queueId } = message.queue
    const other = this.running.get(queueId)
    if (other !== undefined) this.overlaps.push(`${host} and ${other} in queue ${queueId}`)
    this.running.set(queueId, host)
    this.handled.push({ host, queueId, body: Number(message.text()) })
    try {
      return (await handler()) as 'later' | undefined
    } finally {
      this.running.delete(queueId)
    }
  }

  of(queueId: number): number[] {
    return this.handled.filter((one) => one.queueId === queueId).map(({ body }) => body)
  }

  /** Fails unless each queue's messages came in order, each once. */
  expectOrder(): void {
    expect(this.overlaps).toEqual([])
    for (let queueId = 0; queueId < queueCount; queueId++) {
      const expected = Array.from({ length: Math.ceil((this.#sent - queueId) / queueCount) }, (_, i) => i * 4 + queueId)
      expect(this.of(queueId)).toEqual(expected)
    }
  }
}

const ordersOf = (consumer: PushConsumer) => consumer.queues.filter(({ topic }) => topic === 'Orders')

describe('an ordered consumer', () => {
  test('takes one message of a queue at a time, and several queues at once', async () => {
    const group = await Group.start()
    await group.send(40)
    let most = 0
    await group.member('a', async () => {
      most = Math.max(most, group.running.size)
      await group.pause('a', 50)
    })
    await group.sim.until(() => group.handled.length === 40)
    group.expectOrder()
    expect(most).toBe(queueCount)
  })

  test('runs no more handlers than it may, and leaves out no queue', async () => {
    const group = await Group.start()
    await group.send(80)
    let most = 0
    const handler: MessageHandler = async () => {
      most = Math.max(most, group.running.size)
      await group.pause('a', 10)
    }
    await group.member('a', handler, { concurrency: 2 })
    await group.sim.until(() => group.handled.length === 80)
    group.expectOrder()
    expect(most).toBe(2)
  })

  test('keeps order while members join and leave', async () => {
    const group = await Group.start()
    const first = await group.member('a', () => group.pause('a', 700))
    const second = await group.member('b')
    await group.send(60)
    await group.sim.until(() => group.handled.length > 12)
    const third = await group.member('c')
    await group.sim.until(() => ordersOf(third).length === 1)
    expect(ordersOf(first).length + ordersOf(second).length).toBe(3)
    await group.sim.settle(first.close())
    await group.send(60)
    await group.sim.until(() => group.handled.length === 120, 120_000)
    await group.sim.run(30_000)
    group.expectOrder()
    expect(new Set(group.handled.map(({ host }) => host))).toEqual(new Set(['a', 'b', 'c']))
    expect(ordersOf(second).length + ordersOf(third).length).toBe(4)
  })

  test('gives a queue away only when its handler has ended, and commits first', async () => {
    const group = await Group.start()
    await group.send(4)
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    await group.member('a', () => held)
    await group.sim.until(() => group.running.size === 4)
    const second = await group.member('b')
    // Longer than a lock lives at the broker: it is renewed while the handlers run.
    await group.sim.run(90_000)
    expect(ordersOf(second)).toEqual([])
    expect(group.handled.every(({ host }) => host === 'a')).toBe(true)
    release()
    await group.sim.until(() => ordersOf(second).length === 2)
    await group.sim.run(10_000)
    group.expectOrder()
  })
})

describe('a message that fails in order', () => {
  test('is tried again in its place, however often, and tells how often', async () => {
    const group = await Group.start()
    await group.send(12)
    const tries: number[] = []
    await group.member('a', (message) => {
      if (message.text() !== '4') return undefined
      tries.push(message.reconsumeTimes)
      if (tries.length === 2) return 'later'
      if (tries.length < 20) throw new Error('not yet')
      return 'success'
    })
    await group.sim.run(900)
    expect(group.of(0)).toEqual([0, 4])
    expect(group.of(1)).toEqual([1, 5, 9])
    await group.sim.run(20_000)
    expect(tries).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(group.of(0)).toEqual([0, ...Array<number>(20).fill(4), 8])
  })

  test('waits suspendMs before the next try', async () => {
    const group = await Group.start()
    await group.send(1)
    const times: number[] = []
    const handler: MessageHandler = () => {
      times.push(group.sim.elapsedMs)
      return 'later'
    }
    await group.member('a', handler, { suspendMs: 300 })
    await group.sim.until(() => times.length === 3)
    expect(times[2]! - times[1]!).toBe(300)
  })

  test('goes to the dead-letter queue after maxReconsumeTimes, and the queue goes on', async () => {
    const group = await Group.start()
    await group.send(12)
    const handler: MessageHandler = (message) => (message.text() === '4' ? 'later' : 'success')
    const consumer = await group.member('a', handler, { maxReconsumeTimes: 3 })
    await group.sim.until(() => group.handled.length === 15)
    expect(group.of(0)).toEqual([0, 4, 4, 4, 4, 8])
    await group.sim.run(1000)
    const [stats] = await group.sim.settle(group.cluster.admin.topicStats('%DLQ%CG'))
    expect(stats).toMatchObject({ maxOffset: 1 })
    await group.sim.settle(consumer.close())
    await group.member('a')
    await group.sim.run(30_000)
    expect(group.handled).toHaveLength(15)
  })
})

describe('locks', () => {
  test('of a consumer that is cut off go to another; it drops its queues without committing', async () => {
    const group = await Group.start()
    const first = await group.member('a', () => group.pause('a', 1000))
    await group.send(400)
    await group.sim.until(() => group.handled.length > 8)
    group.cluster.cutOff.add('a')
    await group.sim.run(31_000)
    expect(first.queues).toEqual([])
    const seen = group.handled.length
    await group.sim.run(10_000)
    expect(group.handled).toHaveLength(seen)
    const second = await group.member('b')
    await group.sim.until(() => ordersOf(second).length === 4, 200_000)
    await group.sim.run(5000)
    const taken = group.handled.filter(({ host }) => host === 'b').length
    expect(taken).toBeGreaterThan(300)
    group.cluster.cutOff.delete('a')
    await group.sim.until(() => ordersOf(first).length === 2, 120_000)
    await group.sim.run(5000)
    expect(group.overlaps).toEqual([])
    // What a had consumed and could not commit comes once more; nothing comes a third time, nothing is left out.
    for (let queueId = 0; queueId < queueCount; queueId++) {
      expect(new Set(group.of(queueId)).size).toBe(100)
      const again = group.handled.filter((one) => one.queueId === queueId && one.host === 'b').map(({ body }) => body)
      expect(again).toEqual([...again].sort((x, y) => x - y))
      expect(again.at(-1)).toBe(396 + queueId)
    }
  })

  test('are released at once by a consumer that closes', async () => {
    const group = await Group.start()
    const first = await group.member('a')
    await group.sim.until(() => ordersOf(first).length === 4)
    await group.sim.settle(first.close())
    const second = await group.member('b')
    await group.sim.until(() => ordersOf(second).length === 4, 3000)
  })

  test('show in what the consumer tells of itself', async () => {
    const group = await Group.start()
    const consumer = await group.member('a')
    await group.sim.until(() => ordersOf(consumer).length === 4)
    const { admin, brokerAddress } = group.cluster
    const info = await group.sim.settle(admin.consumerRunningInfo(brokerAddress, 'CG', consumer.clientId))
    expect(info.properties.PROP_CONSUMEORDERLY).toBe('true')
    const queues = [...info.mqTable].filter(([{ topic }]) => topic === 'Orders')
    expect(queues).toHaveLength(4)
    for (const [, one] of queues) {
      expect(one.locked).toBe(true)
      expect(Number(one.lastLockTimestamp)).toBeGreaterThan(Date.UTC(2024, 0, 1))
    }
  })
})

test('closing waits for running handlers, commits, and tries nothing again', async () => {
  const group = await Group.start()
  await group.send(8)
  const consumer = await group.member('a', async (message) => {
    await group.pause('a', 500)
    return message.text() === '1' ? 'later' : 'success'
  })
  await group.sim.until(() => group.running.size === 4)
  await group.sim.settle(consumer.close(), 2000)
  expect(group.handled).toHaveLength(4)
  await group.member('b')
  await group.sim.run(10_000)
  expect(group.of(0)).toEqual([0, 4])
  expect(group.of(1)).toEqual([1, 1, 5])
})

test('ordered broadcasting needs no lock', async () => {
  const group = await Group.start()
  const options = { messageModel: 'broadcasting', offsetsDirectory: '/offsets' } as const
  await group.member('a', undefined, options)
  await group.member('b', undefined, options)
  await group.send(8)
  await group.sim.run(5000)
  for (const host of ['a', 'b'])
    expect(group.handled.filter((one) => one.host === host && one.queueId === 2).map(({ body }) => body)).toEqual([
      2, 6,
    ])
})
