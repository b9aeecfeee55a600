import { RequestCode } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { batched, type BatchHandler, type ReceivedMessage } from '../../src/index.js'
import { bodies, consuming, fill, range } from '../support/consuming.js'

/** What a handler of batches saw: the bodies of each batch. */
async function run(handler: BatchHandler, options: Parameters<typeof consuming>[1] = {}) {
  const batches: number[][] = []
  const all: ReceivedMessage[] = []
  const made = await consuming(
    batched(8, (messages, context) => {
      batches.push(bodies(messages))
      all.push(...messages)
      return handler(messages, context)
    }),
    { messages: 20, concurrency: 1, ...options },
  )
  await made.sim.settle(made.consumer.start())
  await made.sim.run(2000)
  return { ...made, batches, all }
}

const again = (all: ReceivedMessage[]) => all.filter((one) => one.reconsumeTimes > 0)

describe('a handler of batches', () => {
  test('gets as many as are there, up to its size, of one queue at a time', async () => {
    const { batches, broker, cluster, sim, consumer } = await run(() => {})
    expect(batches).toEqual([range(8), range(16).slice(8), range(20).slice(16)])
    fill(cluster, 20, 21)
    await sim.run(1000)
    expect(batches.at(-1)).toEqual([20])
    await sim.settle(consumer.close())
    expect(broker.offsets.get('Orders@CG/0')).toBe(21)
  })

  test('never mixes queues', async () => {
    const { all, batches } = await run(() => {}, { queues: 4 })
    expect([...bodies(all)].sort((a, b) => a - b)).toEqual(range(20))
    for (const batch of batches) expect(new Set(batch.map((body) => body % 4)).size).toBe(1)
  })

  test('names those that failed: they come again, the others do not', async () => {
    const odd = (messages: readonly ReceivedMessage[]) =>
      messages.filter((one) => one.reconsumeTimes === 0 && Number(one.text()) % 2 === 1)
    const { all, broker } = await run((messages) => Promise.resolve({ failed: odd(messages), later: 2 }))
    expect(bodies(again(all)).sort((a, b) => a - b)).toEqual(range(20).filter((i) => i % 2 === 1))
    const levels = broker.requestsOf(RequestCode.CONSUMER_SEND_MSG_BACK).map(({ extFields }) => extFields!.delayLevel)
    expect(new Set(levels)).toEqual(new Set(['2']))
    expect(all).toHaveLength(30)
  })

  test('that throws gives back all', async () => {
    const { all, logger } = await run((messages) => {
      if (messages[0]!.reconsumeTimes === 0) throw new Error('no')
    })
    expect(bodies(again(all)).sort((a, b) => a - b)).toEqual(range(20))
    expect(logger.lines.filter((line) => line.includes('the handler failed with message'))).toHaveLength(20)
  })

  test('stands inside of middleware, which sees each message and what became of it', async () => {
    const outcomes = new Map<number, unknown>()
    const first: BatchHandler = (messages) => ({
      failed: messages.filter((one) => one.reconsumeTimes === 0).slice(0, 1),
    })
    const { batches, all } = await run(first, {
      messages: 4,
      middleware: [
        async (message, _context, next) => {
          // One is left out, by a middleware that needs a while for that.
          if (message.text() === '2') return Promise.resolve('success' as const)
          const outcome = await next()
          if (message.reconsumeTimes === 0) outcomes.set(Number(message.text()), outcome)
          return outcome
        },
      ],
    })
    expect(batches[0]).toEqual([0, 1, 3])
    expect([...outcomes]).toEqual([
      [0, 'later'],
      [1, 'success'],
      [3, 'success'],
    ])
    expect(bodies(again(all))[0]).toBe(0)
  })
})

test('a batch that cannot be is refused', () => {
  expect(() => batched(0, () => {})).toThrow('1 to 1024 messages')
})
