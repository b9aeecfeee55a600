import { RequestCode, ResponseCode } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { leaseInstance } from '../../src/client-instance/shared-instances.js'
import { AdminClient, Producer, type ClientError, type ProducerOptions } from '../../src/index.js'
import { BrokerFaults } from '../../src/producer/broker-faults.js'
import { PendingSend } from '../../src/producer/pending-send.js'
import { producerSettings } from '../../src/producer/producer-options.js'
import { SendLane } from '../../src/producer/send-lane.js'
import { FakeCluster } from '../support/fake-cluster.js'

const { SEND_BATCH_MESSAGE, SEND_MESSAGE_V2 } = RequestCode

async function started(cluster: FakeCluster, options: Partial<ProducerOptions> = {}): Promise<Producer> {
  return cluster.sim.settle(new Producer({ ...cluster.options, ...options }).start())
}

/** `ok`, or the code of the error; with the time it took. */
function outcome(cluster: FakeCluster, promise: Promise<unknown>) {
  const fromMs = cluster.sim.elapsedMs
  const noted = { code: 'open', tookMs: -1 }
  const note = (code: string) => Object.assign(noted, { code, tookMs: Math.round(cluster.sim.elapsedMs - fromMs) })
  promise.then(
    () => note('ok'),
    (error: ClientError) => note(error.code),
  )
  return noted
}

const isSend = (code: number) => code === SEND_MESSAGE_V2 || code === SEND_BATCH_MESSAGE
const sends = (cluster: FakeCluster) => cluster.broker().requests.filter(({ code }) => isSend(code)).length
const one = { topic: 'Orders', body: 'x' }

describe('a batch', () => {
  test('that is refused gives its room back', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster, { pendingMessagesMax: 3 })
    for (let i = 0; i < 3; i++) {
      const refused = producer.sendBatch([one, one, { ...one, properties: { TAGS: 'reserved' } }])
      await expect(refused).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
      await expect(producer.sendBatch([one, one, one, one])).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' })
    }
    await cluster.sim.settle(producer.sendBatch([one, one, one]))
    const closed = outcome(cluster, producer.close())
    await cluster.sim.run(100)
    expect(closed.code).toBe('ok')
  })

  test('to a topic that is not there does not hold up what is sent with it', async () => {
    const cluster = await new FakeCluster().start(1)
    cluster.broker().topics.clear()
    const producer = await started(cluster)
    const batch = outcome(cluster, producer.sendBatch([{ ...one }, { ...one }]))
    const single = outcome(cluster, producer.send(one))
    await cluster.sim.run(10_000)
    expect([batch.code, single.code]).toEqual(['TOPIC_NOT_FOUND', 'TOPIC_NOT_FOUND'])
  })
})

describe('close', () => {
  async function shared(prepare: (cluster: FakeCluster) => void = () => {}) {
    const cluster = await new FakeCluster().start(1, { Orders: 2 })
    // It keeps the connections of the one that is closed.
    const stays = await started(cluster, { group: 'Stays' })
    const goes = await started(cluster, { group: 'Goes', retries: 1000 })
    prepare(cluster)
    const closing = async () => {
      await cluster.sim.settle(goes.close({ timeout: 100 }))
      const before = sends(cluster)
      cluster.broker().intercept = () => undefined
      await cluster.sim.run(10_000)
      expect(sends(cluster)).toBe(before)
      await cluster.sim.settle(stays.close())
    }
    return { cluster, goes, closing }
  }

  test('rejects what is not answered by then', async () => {
    const { cluster, goes, closing } = await shared(
      (made) => (made.broker().intercept = ({ code }) => (isSend(code) ? 'silence' : undefined)),
    )
    const all = [goes.send(one), goes.sendBatch([one, one])].map((sent) => outcome(cluster, sent))
    await cluster.sim.run(10)
    await closing()
    expect(all.map(({ code }) => code)).toEqual(['CLOSED', 'CLOSED'])
    expect(all.map(({ tookMs }) => tookMs < 200)).toEqual([true, true])
  })

  test('is the end of what is to be tried again', async () => {
    const busy = { code: ResponseCode.SYSTEM_BUSY, remark: 'later' }
    const { cluster, goes, closing } = await shared((made) => {
      made.broker().intercept = ({ code }) => (isSend(code) ? busy : undefined)
    })
    const sent = outcome(cluster, goes.send(one, { timeout: 60_000 }))
    await cluster.sim.run(1000)
    expect(sends(cluster)).toBeGreaterThan(10)
    await closing()
    expect(sent.code).toBe('CLOSED')
  })

  test('is the end of what waits for a route', async () => {
    const { cluster, goes, closing } = await shared((made) => made.hidden.add('broker-a'))
    cluster.routeDelayMs = 1000
    const all = [goes.send(one), goes.sendBatch([one, one]), goes.send(one, { selector: ([first]) => first })]
    const outcomes = all.map((sent) => outcome(cluster, sent))
    await cluster.sim.run(10)
    cluster.hidden.clear()
    await closing()
    expect(outcomes.map(({ code }) => code)).toEqual(['CLOSED', 'CLOSED', 'CLOSED'])
    expect(outcomes.map(({ tookMs }) => tookMs < 200)).toEqual([true, true, true])
  })
})

describe('a send', () => {
  test('whose topic is deleted by this process before its next try fails', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 2 })
    const producer = await started(cluster)
    const admin = new AdminClient(cluster.options)
    const busy = { code: ResponseCode.SYSTEM_BUSY, remark: 'later' }
    cluster.broker().intercept = ({ code }) => (isSend(code) ? busy : { code: 0 })
    const sent = outcome(cluster, producer.send(one))
    await cluster.sim.run(2)
    await cluster.sim.settle(admin.deleteTopic({ cluster: 'DefaultCluster', topic: 'Orders' }))
    await cluster.sim.run(5000)
    expect(sent.code).toBe('BUSY')
  })

  test('with as many properties as there may be arrives, though the namespace is one more', async () => {
    const tenant = 't'.repeat(60)
    const cluster = await new FakeCluster().start(1, { [`${tenant}%Orders`]: 1 })
    const producer = await started(cluster, { namespace: tenant })
    await cluster.sim.settle(producer.send(one))
    const fits = (bytes: number) => ({ ...one, properties: { p: 'x'.repeat(bytes) } })
    const codes = new Set<string>()
    for (let bytes = 32_550; bytes < 32_780; bytes += 10) {
      const all = [producer.send(fits(bytes)), producer.send(one)].map((sent) => outcome(cluster, sent))
      await cluster.sim.run(5000)
      expect(all[1]!.code).toBe('ok')
      codes.add(all[0]!.code)
    }
    expect(codes).toEqual(new Set(['ok', 'MESSAGE_INVALID']))
  })

  test('keeps its timeout while name servers do not answer', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster, {
      timeout: 1000,
      namesrv: [cluster.namesrv, '10.0.0.77:9876', '10.0.0.78:9876'],
    })
    cluster.routeDelayMs = 60_000
    const all = [producer.send(one), producer.sendBatch([one]), producer.send(one, { timeout: 500 })]
    all.push(producer.send(one, { selector: ([first]) => first }))
    const outcomes = all.map((sent) => outcome(cluster, sent))
    await cluster.sim.run(20_000)
    expect(outcomes.map(({ tookMs }) => tookMs <= 1010)).toEqual([true, true, true, true])
    expect(outcomes[2]!.tookMs).toBeLessThanOrEqual(510)
  })

  test.each([0, 5000])(
    'one-way ends in its time though the broker does not answer a connect, after %d ms',
    async (afterMs) => {
      const cluster = await new FakeCluster().start(1, { Orders: 1 })
      const producer = await started(cluster)
      await cluster.sim.settle(producer.queues('Orders'))
      cluster.sim.host('broker-a').kill({ losePower: true })
      await cluster.sim.run(afterMs)
      const sent = outcome(cluster, producer.sendOneway(one, { timeout: 500 }))
      const abort = new AbortController()
      const aborted = outcome(cluster, producer.sendOneway(one, { signal: abort.signal }))
      await cluster.sim.run(100)
      abort.abort()
      await cluster.sim.run(5000)
      expect(sent).toEqual({ code: 'TIMEOUT', tookMs: 500 })
      expect(aborted).toEqual({ code: 'ABORTED', tookMs: 100 })
    },
  )

  test('is not given up with older ones that it travels with', async () => {
    const cluster = await new FakeCluster().start(1, { Orders: 1 })
    const producer = await started(cluster, { framesInFlightMax: 1, retries: 0 })
    cluster.broker().intercept = ({ code }) => (isSend(code) ? 'silence' : undefined)
    const first = outcome(cluster, producer.send(one))
    await cluster.sim.run(100)
    const old = outcome(cluster, producer.send(one))
    await cluster.sim.run(2800)
    const young = outcome(cluster, producer.send(one))
    cluster.broker().intercept = () => undefined
    cluster.broker().ackDelayMs = 500
    await cluster.sim.run(10_000)
    expect([first.code, old.code, young.code]).toEqual(['TIMEOUT', 'TIMEOUT', 'ok'])
    expect(old.tookMs).toBeLessThanOrEqual(3010)
  })
})

test('a lane is idle when nobody waits for what it was to send', async () => {
  const cluster = await new FakeCluster().start(1, { Orders: 1 })
  const producer = await started(cluster)
  await cluster.sim.settle(producer.send(one))
  const { instance } = leaseInstance(cluster.options)
  const settings = producerSettings({ namesrv: '' })
  const context = {
    instance,
    settings,
    faults: new BrokerFaults(instance.io.clock),
    names: undefined,
    trace: undefined,
  }
  let idle = 0
  const onIdle = () => void idle++
  const lane = new SendLane(context, { key: 'k', topic: 'Orders', timeoutMs: 3000, queue: undefined, onIdle })
  const ignore = () => {}
  const pending = new PendingSend(one, 1, instance.io.clock.monotonic(), ignore, ignore, ignore)
  lane.add(pending)
  pending.settled = true
  await cluster.sim.run(10)
  expect(idle).toBe(1)
})
