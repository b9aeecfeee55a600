import { decodeConsumerRunningInfo, RequestCode } from '@mq/protocol'
import { simulate } from '@mq/io/sim'
import { expect, test } from 'vitest'
import { ConsumeStatistics, samplePeriodMs } from '../../src/consumer/consume-statistics.js'
import { consuming } from '../support/consuming.js'

async function running(made: Awaited<ReturnType<typeof consuming>>, jstackEnable: string) {
  const { sim, broker, consumer } = made
  const response = await sim.settle(
    broker.channelOf(consumer.clientId).call({
      ...{ code: RequestCode.GET_CONSUMER_RUNNING_INFO, language: 'JAVA', version: 355, opaque: 0, flag: 0 },
      ...{ remark: undefined, serializeType: 0, body: undefined },
      extFields: { consumerGroup: 'CG', clientId: consumer.clientId, jstackEnable },
    }),
  )
  return decodeConsumerRunningInfo(response.body)
}

test('a consumer tells its queues, its rates and, in the place of stacks, its process and handlers', async () => {
  const made = await consuming(
    async (message) => {
      await made.after(10)
      if (message.text() === '3') await made.after(1e9)
      if (message.text() === '4' && message.reconsumeTimes === 0) throw new Error('no')
    },
    { messages: 20, concurrency: { min: 7, max: 7 } },
  )
  const { sim, consumer } = made
  await sim.settle(consumer.start())
  await sim.run(20_000)
  const info = await running(made, 'true')
  expect(info.properties).toMatchObject({ PROP_THREADPOOL_CORE_SIZE: '7', PROP_CONSUMEORDERLY: 'false' })
  const [, queue] = [...info.mqTable].find(([{ topic }]) => topic === 'Orders')!
  expect(queue).toMatchObject({ commitOffset: 3, cachedMsgMinOffset: 3, cachedMsgMaxOffset: 19, cachedMsgCount: 17 })
  expect(queue.lastConsumeTimestamp).toBeGreaterThan(0)
  expect(info.statusTable.get('Orders')).toMatchObject({ consumeFailedMsgs: 1 })
  const { pullTPS, consumeRT, consumeOKTPS, consumeFailedTPS } = info.statusTable.get('Orders')!
  expect(pullTPS * 20).toBeCloseTo(20, 0)
  expect(consumeOKTPS * 20).toBeCloseTo(18, 0)
  expect(consumeFailedTPS * 20).toBeCloseTo(1, 0)
  expect(consumeRT).toBeCloseTo(10, 0)
  expect(info.statusTable.get('%RETRY%CG')!.consumeOKTPS * 20).toBeCloseTo(1, 0)
  const lines = info.jstack!.split('\n')
  expect(lines[2]).toBe('event loop: late by 0.0 ms on average, by 0.0 ms at most, in 200 ms')
  expect(lines[3]).toBe('handlers that run: 1')
  expect(lines[4]).toMatch(/^ {2}\d+ ms: message \S* of Orders broker-a queue 0 offset 3, try 1$/)
  expect((await running(made, 'false')).jstack).toBeUndefined()
  await sim.settle(consumer.close({ timeout: 1 }))
})

test('rates are of the last minute, failures of the last hour', async () => {
  const sim = simulate({ seed: 1 })
  const { clock } = sim.host('client').io
  const statistics = new ConsumeStatistics(clock)
  clock.every(samplePeriodMs, () => statistics.sample())
  statistics.of('T')
  await sim.run(30_000)
  statistics.pulled('T', 60, 12)
  statistics.ran('T', 58, 2, 3)
  await sim.run(30_000)
  expect(statistics.of('T')).toMatchObject({ pullRT: 12, pullTPS: 1, consumeRT: 3, consumeFailedMsgs: 2 })
  await sim.run(60_000)
  expect(statistics.of('T')).toMatchObject({ pullRT: 0, pullTPS: 0, consumeOKTPS: 0, consumeFailedMsgs: 2 })
  await sim.run(3_600_000)
  expect(statistics.of('T')).toMatchObject({ consumeFailedMsgs: 0 })
})
