import { expect, test } from 'vitest'
import { batched, PushConsumer, type BatchHandler, type PushConsumerOptions } from '../../src/index.js'
import { bodies, range } from '../support/consuming.js'
import { SimulatedCluster } from '../support/simulated-cluster.js'

const queueCount = 2

interface Batch {
  host: string
  queueId: number
  bodies: number[]
  atMs: number
}

/** Ordered consumers of topic Orders with handlers of batches; body n lies in queue n % 2. */
async function start(messages: number) {
  const cluster = await new SimulatedCluster().start()
  await cluster.createTopic('Orders', queueCount)
  const { sim, admin } = cluster
  const batches: Batch[] = []
  const running = new Set<number>()
  const overlaps: number[] = []
  const sends = range(messages).map((n) =>
    cluster.producer.send({ topic: 'Orders', body: `${n}` }, { selector: (queues) => queues[n % queueCount] }),
  )
  await sim.settle(Promise.all(sends))

  const member = async (host: string, handler: BatchHandler, options: Partial<PushConsumerOptions> = {}) => {
    const watched: BatchHandler = async (batch, context) => {
      const { queueId } = batch[0]!.queue
      if (running.has(queueId)) overlaps.push(queueId)
      running.add(queueId)
      batches.push({ host, queueId, bodies: bodies(batch), atMs: sim.elapsedMs })
      try {
        return await handler(batch, context)
      } finally {
        running.delete(queueId)
      }
    }
    const own = { group: 'CG', consumeFrom: 'first', ordered: true, subscriptions: { Orders: '*' } } as const
    const consumer = new PushConsumer({ ...cluster.on(host), ...own, ...options, handler: batched(4, watched) })
    await sim.settle(consumer.start())
    return consumer
  }
  const pause = (host: string, ms: number) => new Promise<void>((resolve) => sim.host(host).io.clock.after(ms, resolve))
  const of = (queueId: number) => batches.filter((one) => one.queueId === queueId).map((one) => one.bodies)
  const deadLetters = async () => {
    const stats = await sim.settle(admin.topicStats('%DLQ%CG'))
    return stats.reduce((sum, { maxOffset }) => sum + maxOffset, 0)
  }
  return { sim, batches, running, overlaps, member, pause, of, deadLetters }
}

test('batches of a queue come in order, one at a time, of several queues at once', async () => {
  const { sim, batches, running, overlaps, member, pause, of } = await start(20)
  let most = 0
  await member('a', async () => {
    most = Math.max(most, running.size)
    await pause('a', 50)
  })
  await sim.until(() => batches.length === 6)
  await sim.run(5000)
  expect(of(0)).toEqual([
    [0, 2, 4, 6],
    [8, 10, 12, 14],
    [16, 18],
  ])
  expect(of(1).flat()).toEqual(range(20).filter((n) => n % 2 === 1))
  expect(overlaps).toEqual([])
  expect(most).toBe(queueCount)
})

test('a batch that fails comes again as a whole after suspendMs, before anything behind it', async () => {
  const { sim, batches, member, of } = await start(12)
  const tries: number[][] = []
  const handler: BatchHandler = (batch) => {
    if (batch[0]!.text() !== '0') return undefined
    tries.push(batch.map((one) => one.reconsumeTimes))
    if (tries.length === 1) throw new Error('not yet')
    return tries.length === 2 ? 'later' : undefined
  }
  await member('a', handler, { suspendMs: 300 })
  await sim.until(() => of(0).length === 4 && of(1).length === 2)
  const first = [0, 2, 4, 6]
  expect(of(0)).toEqual([first, first, first, [8, 10]])
  expect(tries).toEqual([0, 1, 2].map((n) => [n, n, n, n]))
  const [one, two] = batches.filter(({ queueId }) => queueId === 0)
  expect(two!.atMs - one!.atMs).toBe(300)
})

test('naming some as failed brings all of the batch again', async () => {
  const { sim, member, of } = await start(12)
  const handler: BatchHandler = (batch) => ({
    failed: batch.filter((one) => one.text() === '4' && one.reconsumeTimes === 0),
  })
  await member('a', handler)
  await sim.until(() => of(0).length === 3)
  expect(of(0)).toEqual([
    [0, 2, 4, 6],
    [0, 2, 4, 6],
    [8, 10],
  ])
})

test('each message that is out of tries goes to the dead-letter queue, once, and the queue goes on', async () => {
  const { sim, member, of, deadLetters } = await start(12)
  const consumer = await member('a', (batch) => ({ failed: batch.filter((one) => one.text() === '4') }), {
    maxReconsumeTimes: 2,
  })
  await sim.until(() => of(0).length === 4)
  expect(of(0)).toEqual([
    [0, 2, 4, 6],
    [0, 2, 4, 6],
    [0, 2, 4, 6],
    [8, 10],
  ])
  await sim.run(10_000)
  expect(await deadLetters()).toBe(1)
  await sim.settle(consumer.close())
  await member('b', () => {})
  await sim.run(30_000)
  expect(of(0)).toHaveLength(4)
})

test('later: -1 sends those named to the dead-letter queue at once; the rest of the batch is consumed', async () => {
  const { sim, member, of, deadLetters } = await start(12)
  await member('a', (batch) => ({ failed: batch.filter((one) => one.text() === '4'), later: -1 }))
  await sim.until(() => of(0).length === 2)
  await sim.run(5000)
  expect(of(0)).toEqual([
    [0, 2, 4, 6],
    [8, 10],
  ])
  expect(await deadLetters()).toBe(1)
})

test('tries are counted by message: one that is out of them leaves the batch, which comes again without it', async () => {
  const { sim, batches, member, deadLetters } = await start(2)
  // Gives back 1 once and 0 twice: both are in the retry topic when this member leaves, 0 behind 1 and with one try more.
  const first = await member(
    'a',
    (batch) => ({ later: bodies(batch)[0] === 1 || batch[0]!.reconsumeTimes > 0 ? 3 : 1 }),
    {
      ordered: false,
    },
  )
  await sim.run(5000)
  await sim.settle(first.close())
  await sim.run(20_000)
  await member('b', () => 'later', { maxReconsumeTimes: 2 })
  await sim.run(10_000)
  expect(batches.filter(({ host }) => host === 'b').map((one) => one.bodies)).toEqual([[1, 0], [1]])
  expect(await deadLetters()).toBe(2)
})

test('a queue changes hands between batches: order holds, nothing twice', async () => {
  const { sim, batches, overlaps, member, pause, of } = await start(80)
  await member('a', () => pause('a', 700))
  await sim.until(() => batches.length > 4)
  await member('b', () => pause('b', 100))
  await sim.until(() => of(0).flat().length === 40 && of(1).flat().length === 40, 120_000)
  await sim.run(30_000)
  for (const queueId of [0, 1]) expect(of(queueId).flat()).toEqual(range(80).filter((n) => n % 2 === queueId))
  expect(overlaps).toEqual([])
  expect(new Set(batches.map(({ host }) => host))).toEqual(new Set(['a', 'b']))
})
