import { decodeProperties, encodeProperties, requestCommand, RequestCode } from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { Producer, ReceivedMessage, type ClientError, type ProducerOptions } from '../../src/index.js'
import { FakeCluster } from '../support/fake-cluster.js'

const { SEND_MESSAGE_V2, SEND_REPLY_MESSAGE_V2, PUSH_REPLY_MESSAGE_TO_CLIENT, HEART_BEAT } = RequestCode

async function setUp(options: Partial<ProducerOptions> = {}) {
  const cluster = await new FakeCluster().start(1, { Questions: 2, DefaultCluster_REPLY_TOPIC: 1 })
  const broker = cluster.broker()
  const producer = await cluster.sim.settle(new Producer({ ...cluster.options, group: 'Asker', ...options }).start())
  /** What a broker does with a reply: it pushes it to the client that asked. */
  const push = (properties: Record<string, string>, body: Buffer, sysFlag = 0) =>
    broker.channelOf(producer.clientId).call(
      requestCommand(
        PUSH_REPLY_MESSAGE_TO_CLIENT,
        {
          ...{ producerGroup: 'P', topic: 'DefaultCluster_REPLY_TOPIC', defaultTopic: 'TBW102', queueId: '0' },
          ...{ defaultTopicQueueNums: '4', sysFlag: `${sysFlag}`, bornTimestamp: '5', flag: '0' },
          ...{ bornHost: '/10.0.0.9:1', storeHost: '10.0.0.8:2', storeTimestamp: '6' },
          properties: encodeProperties(properties),
        },
        body,
      ),
    )
  const asked = () => broker.requestsOf(SEND_MESSAGE_V2).map((one) => decodeProperties(one.extFields!.i!))
  return { cluster, broker, producer, push, asked, settle: <T>(promise: Promise<T>) => cluster.sim.settle(promise) }
}

const failure = (promise: Promise<unknown>): Promise<ClientError> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error) => error as ClientError,
  )
const question = { topic: 'Questions', body: 'how many?' }

describe('a request', () => {
  test('carries who asks, and resolves with the reply', async () => {
    const { cluster, broker, producer, push, asked, settle } = await setUp()
    const reply = producer.request(question, { timeout: 5000 })
    await cluster.sim.run(100)
    const [properties] = asked()
    expect(properties).toMatchObject({ REPLY_TO_CLIENT: producer.clientId, TTL: '5000' })
    // The broker had to know the client before it got the request: it could not push the reply otherwise.
    const codes = broker.requests.map((one) => one.code)
    expect(codes.indexOf(HEART_BEAT)).toBeLessThan(codes.indexOf(SEND_MESSAGE_V2))
    const answer = await settle(push({ CORRELATION_ID: properties!.CORRELATION_ID!, x: 'y' }, Buffer.from('three')))
    expect(answer.code).toBe(0)
    const message = await settle(reply)
    expect([message.text(), message.property('x'), message.bornHost]).toEqual([
      'three',
      'y',
      { host: '10.0.0.9', port: 1 },
    ])
  })

  test('nobody replies to fails in time, and a reply that comes later harms nobody', async () => {
    const { cluster, producer, push, asked, settle } = await setUp()
    const error = await settle(failure(producer.request(question, { timeout: 2000 })))
    expect(error).toMatchObject({ code: 'NO_REPLY', retryable: true, details: { topic: 'Questions', elapsedMs: 2000 } })
    expect((await settle(push({ CORRELATION_ID: asked()[0]!.CORRELATION_ID! }, Buffer.from('late')))).code).toBe(0)
    expect((await settle(push({}, Buffer.from('whose?')))).code).toBe(0)
    expect(cluster.broker().requestsOf(SEND_MESSAGE_V2)).toHaveLength(1)
  })

  test('ends with its signal, with its producer, and with a send that fails', async () => {
    const { cluster, broker, producer, settle } = await setUp()
    const abort = new AbortController()
    const aborted = failure(producer.request(question, { signal: abort.signal }))
    await cluster.sim.run(100)
    abort.abort()
    expect((await settle(aborted)).code).toBe('ABORTED')
    const left = failure(producer.request(question, { timeout: 60_000 }))
    await cluster.sim.run(100)
    broker.intercept = ({ code }) => (code === SEND_MESSAGE_V2 ? { code: 13, remark: 'no' } : undefined)
    expect((await settle(failure(producer.request(question)))).code).toBe('REFUSED')
    await settle(producer.close())
    expect((await settle(left)).code).toBe('CLOSED')
  })

  test('leaves in time though a broker that is to be told first does not answer', async () => {
    const { cluster, producer, asked, settle } = await setUp()
    await cluster.addBroker({ DefaultCluster_REPLY_TOPIC: 1 })
    cluster.sim.host('broker-b').kill({ losePower: true })
    const from = cluster.sim.elapsedMs
    expect((await settle(failure(producer.request(question, { timeout: 500 })))).code).toBe('NO_REPLY')
    expect(cluster.sim.elapsedMs - from).toBeLessThan(600)
    expect(asked()).toHaveLength(1)
  })

  test('can be replied to by way of a broker that was down when it was announced', async () => {
    const { cluster, producer, settle } = await setUp({ timeout: 1000 })
    await cluster.addBroker({ DefaultCluster_REPLY_TOPIC: 1 })
    cluster.sim.host('broker-b').kill()
    await settle(failure(producer.request(question)))
    const other = await cluster.restartBroker(1)
    await cluster.sim.until(() => other.channelOf(producer.clientId) !== undefined, 3000)
  })

  test('is refused when too many wait', async () => {
    const { cluster, producer, settle } = await setUp({ pendingMessagesMax: 2 })
    const waiting = [1, 2].map(() => failure(producer.request(question, { timeout: 9000 })))
    await cluster.sim.run(100)
    expect((await settle(failure(producer.request(question)))).code).toBe('TOO_MANY_REQUESTS')
    await settle(Promise.all(waiting))
  })
})

describe('a reply', () => {
  const asked = { CLUSTER: 'DefaultCluster', CORRELATION_ID: 'c1', REPLY_TO_CLIENT: 'me', TTL: '3000' }
  async function received(made: Awaited<ReturnType<typeof setUp>>, properties: Record<string, string>) {
    const offset = made.broker.store('Questions', 0, Buffer.from('?'), encodeProperties(properties))
    return new ReceivedMessage(made.broker.queues.get('Questions/0')![offset]!, 0)
  }

  test('goes through the reply topic of the cluster, with the ids of the request', async () => {
    const made = await setUp()
    made.broker.intercept = ({ code }) =>
      code === SEND_REPLY_MESSAGE_V2
        ? { code: 0, extFields: { msgId: '0', queueId: '0', queueOffset: '0' } }
        : undefined
    const request = await received(made, asked)
    await made.settle(made.producer.reply(request, { body: 'three', properties: { x: 'y' } }))
    const [sent] = made.broker.requestsOf(SEND_REPLY_MESSAGE_V2)
    expect(sent!.extFields).toMatchObject({ a: 'Asker', b: 'DefaultCluster_REPLY_TOPIC' })
    const { CLUSTER: _cluster, ...ids } = asked
    expect(decodeProperties(sent!.extFields!.i!)).toMatchObject({ ...ids, MSG_TYPE: 'reply', x: 'y' })
    expect(Buffer.from(sent!.body!).toString()).toBe('three')
  })

  test('to one who is gone says so, to a message that is no request too', async () => {
    const made = await setUp({ retries: 0 })
    made.broker.intercept = ({ code }) =>
      code === SEND_REPLY_MESSAGE_V2 ? { code: 1, remark: 'push reply message to me fail' } : undefined
    const error = await made.settle(failure(made.producer.reply(await received(made, asked), 'three')))
    expect(error).toMatchObject({ code: 'REFUSED', details: { responseCode: 1 } })
    for (const name of ['CLUSTER', 'CORRELATION_ID', 'REPLY_TO_CLIENT']) {
      const { [name as keyof typeof asked]: _left, ...rest } = asked
      const refused = await failure(made.producer.reply(await received(made, rest as typeof asked), 'three'))
      expect(refused.code).toBe('MESSAGE_INVALID')
      expect(refused.message).toContain(name)
    }
  })
})
