import { RequestCode } from '@mq/protocol'
import { expect, test } from 'vitest'
import type { ReceivedMessage } from '../../src/index.js'
import { consuming } from '../support/consuming.js'

const never = new Promise<void>(() => {})

test('a handler that takes too long loses its message, which comes again, and its place', async () => {
  const seen: ReceivedMessage[] = []
  let reason: unknown
  const { consumer, sim, broker, events, listen, logger } = await consuming(
    (message, { signal }) => {
      seen.push(message)
      if (message.reconsumeTimes > 0) return undefined
      signal.addEventListener('abort', () => (reason = signal.reason))
      return message.text() === '0' ? never : undefined
    },
    { messages: 2, concurrency: 1, consumeTimeout: 60_000 },
  )
  listen('overdue')
  await sim.settle(consumer.start())
  await sim.run(59_000)
  expect(seen.map((one) => one.text())).toEqual(['0'])
  await sim.run(30_000)
  expect(seen.map((one) => `${one.text()} ${one.reconsumeTimes}`)).toEqual(['0 0', '1 0', '0 1'])
  expect(reason).toMatchObject({ code: 'TIMEOUT' })
  expect(events.overdue).toMatchObject([{ messages: [seen[0]], runningMs: 60_000 }])
  expect(logger.lines.find((line) => line.includes('did not end within 60000 ms'))).toMatch(/raise consumeTimeout/)
  const [back] = broker.requestsOf(RequestCode.CONSUMER_SEND_MSG_BACK)
  expect(back!.extFields).toMatchObject({ delayLevel: '3', originMsgId: seen[0]!.msgId })
  await sim.settle(consumer.close())
  expect(broker.offsets.get('Orders@CG/0')).toBe(2)
})

test('handlers that end in time are left alone, however many follow each other', async () => {
  let handled = 0
  const { consumer, sim, events, listen, after } = await consuming(
    async () => {
      await after(40)
      handled++
    },
    { messages: 20, concurrency: 1, consumeTimeout: 50 },
  )
  listen('overdue')
  await sim.settle(consumer.start())
  await sim.until(() => handled === 20)
  expect(events.overdue).toBeUndefined()
  await sim.settle(consumer.close())
})

test('where order is kept the queue waits, and the handler is told', async () => {
  let end = () => {}
  const held = new Promise<void>((resolve) => (end = resolve))
  const seen: string[] = []
  const { consumer, sim, broker, events, listen } = await consuming(
    (message, { signal }) => {
      seen.push(`${message.text()} ${signal.aborted}`)
      signal.addEventListener('abort', () => seen.push('aborted'))
      return message.text() === '0' ? held : undefined
    },
    { messages: 2, ordered: true, messageModel: 'broadcasting', offsetsDirectory: '/app', consumeTimeout: 60_000 },
  )
  listen('overdue')
  await sim.settle(consumer.start())
  await sim.run(90_000)
  expect(seen).toEqual(['0 false', 'aborted'])
  expect(events.overdue).toHaveLength(1)
  end()
  await sim.run(10)
  expect(seen).toEqual(['0 false', 'aborted', '1 false'])
  expect(broker.requestsOf(RequestCode.CONSUMER_SEND_MSG_BACK)).toEqual([])
  await sim.settle(consumer.close())
})

test('a message given up is not given back again when its handler ends after all', async () => {
  let fail = () => {}
  const held = new Promise<void>((_, reject) => (fail = () => reject(new Error('too late'))))
  const { consumer, sim, broker } = await consuming((message) => (message.reconsumeTimes === 0 ? held : undefined), {
    messages: 1,
    consumeTimeout: 1000,
  })
  await sim.settle(consumer.start())
  await sim.run(5000)
  fail()
  await sim.run(5000)
  expect(broker.requestsOf(RequestCode.CONSUMER_SEND_MSG_BACK)).toHaveLength(1)
  await sim.settle(consumer.close())
})
