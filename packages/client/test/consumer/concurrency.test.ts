import { expect, test } from 'vitest'
import { PushConsumer } from '../../src/index.js'
import { Concurrency } from '../../src/consumer/concurrency.js'
import { consuming, fill } from '../support/consuming.js'
import { simulate } from '@mq/io/sim'

test('grows while messages wait for handlers, up to its bound, and shrinks when there is less to do', async () => {
  let running = 0
  let most = 0
  const { consumer, cluster, sim, after } = await consuming(
    async () => {
      most = Math.max(most, ++running)
      await after(500)
      running--
    },
    { messages: 400, concurrency: { min: 4, max: 16 } },
  )
  const mostOf = async (ms: number) => {
    most = 0
    await sim.run(ms)
    return most
  }
  await sim.settle(consumer.start())
  expect(await mostOf(900)).toBe(4)
  expect(await mostOf(12_000)).toBe(16)
  await sim.run(60_000)
  fill(cluster, 400, 500)
  // One look may come in this time.
  expect(await mostOf(400)).toBeLessThanOrEqual(5)
  await sim.settle(consumer.close())
})

test('does not grow while the event loop is busy', async () => {
  const sim = simulate({ seed: 1 })
  const { clock } = sim.host('client').io
  const concurrency = new Concurrency({ min: 2, max: 100 })
  // Each look comes as late as it does when handlers compute.
  let nowMs = 0
  const looks: (() => void)[] = []
  const busy = {
    ...clock,
    monotonic: () => nowMs,
    every: (_periodMs: number, task: () => void) => {
      looks.push(task)
      return { cancel: () => {} }
    },
  }
  concurrency.start(busy, { running: 2, isFull: true, pump: () => {} })
  const look = (afterMs: number) => {
    nowMs += afterMs
    looks[0]!()
    return concurrency.limit
  }
  expect([look(1000), look(1000), look(1000)]).toEqual([3, 4, 5])
  expect([look(1500), look(1500)]).toEqual([4, 3])
  expect(look(1000)).toBe(4)
})

test.each([[0], [1.5], [{ max: 0 }], [{ min: 5, max: 4 }], [{ min: 0, max: 4 }]])('%j is refused', (concurrency) => {
  const options = { namesrv: 'ns:9876', group: 'CG', handler: () => {}, concurrency }
  expect(() => new PushConsumer(options)).toThrow("option 'concurrency'")
})

test('one bound alone is enough, also below the lower one that is usual', () => {
  expect(new Concurrency({ max: 3 }).limit).toBe(3)
  expect(new Concurrency({ max: 50 }).limit).toBe(5)
})
