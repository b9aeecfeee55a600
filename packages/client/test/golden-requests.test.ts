import { readFileSync } from 'node:fs'
import { decodeBatch, FrameDecoder, propertyOf, RequestCode, requestCodeName, type ReceivedCommand } from '@mq/protocol'
import { beforeAll, describe, expect, test } from 'vitest'
import { AdminClient, Producer, PullConsumer, PushConsumer } from '../src/index.js'
import { PendingSend } from '../src/producer/pending-send.js'
import { batchFrame } from '../src/producer/send-frame.js'
import { FakeCluster } from './support/fake-cluster.js'

/*
 * What Apache's own client and tools 4.7.1 sent, recorded, against what this client sends: the same request has the same
 * header fields.
 */
type Recorded = Record<string, { from: string; note: string; request: string }[]>
const recorded = JSON.parse(readFileSync(new URL('./golden/requests-4.7.1.json', import.meta.url), 'utf8')) as Recorded

function decoded(hex: string): ReceivedCommand {
  let command: ReceivedCommand | undefined
  new FrameDecoder().decode(Buffer.from(hex, 'hex'), (one) => (command = one))
  return command!
}

const fieldsOf = (command: ReceivedCommand): string =>
  Object.keys(command.extFields ?? {})
    .sort()
    .join(' ')

let sent: ReceivedCommand[]

beforeAll(async () => {
  const cluster = await new FakeCluster().start(1, { T: 2 })
  const { sim, options } = cluster
  const producer = await sim.settle(new Producer(options).start())
  await sim.settle(producer.send({ topic: 'T', body: 'x' }))
  await sim.settle(Promise.all([1, 2].map((i) => producer.send({ topic: 'T', body: `${i}` }))))
  const pushed = new PushConsumer({
    ...options,
    group: 'G',
    subscriptions: { T: '*' },
    handler: ({ reconsumeTimes }) => (reconsumeTimes === 0 ? 'later' : 'success'),
  })
  await sim.settle(pushed.start())
  const pulled = new PullConsumer({ ...options, group: 'P', consumeFrom: new Date(0), subscriptions: { T: '*' } })
  await sim.settle(pulled.start())
  for (let queueId = 0; queueId < 2; queueId++) cluster.broker().store('T', queueId, Buffer.from('x'), '')
  await sim.run(10_000)
  await sim.settle(pushed.close())
  await sim.settle(pulled.close())
  await sim.settle(producer.close())
  const admin = new AdminClient(options)
  const queue = { topic: 'T', brokerName: 'broker-a', queueId: 0 }
  const id = `0A000001${'00002A9F'}${'0'.repeat(16)}`
  const address = cluster.broker().address
  cluster.broker().topics.set('%RETRY%G', 1)
  const calls: (() => Promise<unknown>)[] = [
    () => admin.createTopic({ addr: address, topic: 'N' }),
    () => admin.minOffset(queue),
    () => admin.maxOffset(queue),
    () => admin.searchOffset(queue, 0),
    () => admin.viewMessage(id.replace('0A000001', hexOf(cluster.broker().host))),
    () => admin.queryMessages({ topic: 'T', key: 'k', unique: true }),
    () => admin.topicStats('T'),
    () => admin.consumeStats('G'),
    () => admin.consumeStats('G', 'T'),
    () => admin.examineConsumerConnection('G'),
    () => admin.resetOffset({ group: 'G', topic: 'T', timestampMs: 0 }),
    () => admin.consumerRunningInfo(address, 'G', 'c'),
    () => admin.putKvConfig('n', 'k', 'v'),
    () => admin.getKvConfig('n', 'k'),
    () => admin.deleteKvConfig('n', 'k'),
  ]
  // The fake servers answer none of these well.
  for (const call of calls) await sim.settle(call().catch(() => {}))
  cluster.broker().intercept = () => ({ code: 0 })
  await sim.settle(admin.deleteTopic({ topic: 'T', cluster: 'DefaultCluster' }))
  sent = [...cluster.broker().requests, ...cluster.namesrvRequests]
})

const hexOf = (address: string): string =>
  address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('')

/** Sent by this client in no case (V1 header), or checked elsewhere. */
const notSent = new Set<number>([RequestCode.SEND_MESSAGE, RequestCode.CONSUME_MESSAGE_DIRECTLY])

describe('header fields', () => {
  for (const [code, exchanges] of Object.entries(recorded)) {
    if (notSent.has(Number(code))) continue
    test(`of ${requestCodeName(Number(code))} are those Apache's software sends`, () => {
      const ours = sent.filter((one) => one.code === Number(code))
      expect(ours.length).toBeGreaterThan(0)
      const theirs = new Set(exchanges.map((one) => fieldsOf(decoded(one.request))))
      for (const one of ours) expect(theirs).toContain(fieldsOf(one))
    })
  }
})

test('a batch body is the one the Java client makes of the same messages, byte for byte', () => {
  const { body } = decoded(recorded['320']![0]!.request)
  const members = decodeBatch(body!)
  const keys = members.map((one) => propertyOf(Buffer.from(one.properties).toString(), 'UNIQ_KEY')!)
  const pendings = members.map(
    (one) =>
      new PendingSend(
        {
          topic: 'TopicBatch',
          body: one.body,
          keys: propertyOf(Buffer.from(one.properties).toString(), 'KEYS'),
          tags: 'TagA',
        },
        one.body.length,
        0,
        () => {},
        () => {},
        () => {},
      ),
  )
  const frame = batchFrame(pendings, { next: () => keys.shift()! } as never, 0, true)
  expect(Buffer.from(frame.body).toString('hex')).toBe(Buffer.from(body!).toString('hex'))
})
