import { requestCommand } from '@mq/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AdminClient, Producer, PushConsumer, type ClientError, type ConnectionOptions } from '../../src/index.js'
import { eventually } from './cluster-suite.js'
import { guardedCluster, operator, type LiveCluster } from './live-cluster.js'

type Credentials = NonNullable<ConnectionOptions['credentials']>

const toClose: { close(): Promise<void> }[] = []
const closing = <T extends { close(): Promise<void> }>(one: T): T => (toClose.push(one), one)
let names = 0
const unique = (kind: string) => `${kind}_${process.pid}_${Date.now()}_${++names}`

const missing = process.env.MQ_TEST_NAMESRV && !process.env.MQ_TEST_GUARDED_NAMESRV
const reason = missing ? ' (skipped: MQ_TEST_GUARDED_NAMESRV names no cluster with access control)' : ''

describe.skipIf(missing)(`access control${reason}`, () => {
  let cluster: LiveCluster
  let admin: AdminClient
  let broker: string

  beforeAll(async () => {
    cluster = await guardedCluster()
    admin = closing(new AdminClient({ namesrv: cluster.namesrv, credentials: operator }))
    broker = (await admin.masters())[0]!
  }, 60_000)
  afterAll(async () => {
    await Promise.all(toClose.map((one) => one.close()))
    await cluster?.stop()
  }, 60_000)

  async function newTopic(): Promise<string> {
    const topic = unique('T')
    await admin.createTopic({ addr: broker, topic, readQueueNums: 1, writeQueueNums: 1 })
    await eventually(async () => (await admin.topicRoute(topic)).queueDatas.length > 0)
    return topic
  }

  function producer(credentials: Credentials | undefined): Promise<Producer> {
    const options = { namesrv: cluster.namesrv, group: unique('PG'), credentials, retries: 0 }
    return closing(new Producer(options)).start()
  }

  async function textsOf(topic: string, group: string, credentials: Credentials): Promise<string[]> {
    const texts: string[] = []
    const options = { namesrv: cluster.namesrv, group, credentials, consumeFrom: 'first' } as const
    const consumer = closing(new PushConsumer(options))
    await consumer.subscribe(topic, '*', (message) => void texts.push(message.text()))
    await consumer.start()
    return texts
  }

  test('signed requests are taken: topics are made, messages sent and consumed', async () => {
    const topic = await newTopic()
    const texts = await textsOf(topic, unique('CG'), operator)
    await (await producer(operator)).send({ topic, body: 'signed' })
    await eventually(() => texts.length === 1)
  })

  test('a wrong secret, an unknown key and no signature are refused', async () => {
    const topic = await newTopic()
    const others = [{ ...operator, secretKey: 'wrong' }, { ...operator, accessKey: 'nobody' }, undefined]
    for (const credentials of others) {
      const sent = (await producer(credentials)).send({ topic, body: 'x' })
      const error = await sent.then(
        () => undefined,
        (one: ClientError) => one,
      )
      expect(error).toMatchObject({ code: 'REFUSED' })
      expect(error!.message).not.toContain(operator.secretKey)
    }
    const stranger = closing(new AdminClient({ namesrv: cluster.namesrv }))
    await expect(stranger.createTopic({ addr: broker, topic: unique('T') })).rejects.toMatchObject({ code: 'REFUSED' })
  })

  test('an account may do what is granted to it, and nothing else', async () => {
    const [own, foreign, group] = [await newTopic(), await newTopic(), unique('CG')]
    const account = { accessKey: unique('orders'), secretKey: 'another-secret' }
    await grant(account, own, group)
    const sender = await producer(account)
    await eventually(async () => (await sender.send({ topic: own, body: 'mine' })).status === 'SEND_OK')
    // With NO_PERMISSION (16); by 4.7.1 with SYSTEM_ERROR (1).
    await expect(sender.send({ topic: foreign, body: 'x' })).rejects.toMatchObject({ code: 'REFUSED' })
    const texts = await textsOf(own, group, account)
    await eventually(() => texts.length > 0)
    expect(new Set(texts)).toEqual(new Set(['mine']))
  })

  /** Sending to a topic, and consuming it in a group. 5.x has other requests for that than 4.x. */
  async function grant(account: Credentials, topic: string, group: string): Promise<void> {
    const { brokerVersionDesc } = await admin.brokerRuntimeInfo(broker)
    if (brokerVersionDesc?.startsWith('V5')) return grantIn5(account, topic, group)
    await admin.updateAccount(
      { addr: broker },
      {
        ...account,
        ...{ whiteRemoteAddress: '', admin: false, defaultTopicPerm: 'DENY', defaultGroupPerm: 'DENY' },
        ...{ topicPerms: [`${topic}=PUB|SUB`], groupPerms: [`${group}=SUB`] },
      },
    )
  }

  async function grantIn5({ accessKey, secretKey }: Credentials, topic: string, group: string): Promise<void> {
    const user = { username: accessKey, password: secretKey, userType: 'Normal', userStatus: 'enable' }
    await call(3001, { username: accessKey }, user)
    const subject = `User:${accessKey}`
    const entries = [
      { resource: `Topic:${topic}`, actions: ['Pub', 'Sub'], decision: 'Allow' },
      { resource: `Group:${group}`, actions: ['Sub'], decision: 'Allow' },
    ]
    await call(3006, { subject }, { subject, policies: [{ policyType: 'Custom', entries }] })
  }

  async function call(code: number, fields: Record<string, string>, body: object): Promise<void> {
    const answer = await admin.invoke(broker, requestCommand(code, fields, Buffer.from(JSON.stringify(body))))
    expect(answer, answer.remark).toMatchObject({ code: 0 })
  }
})
