import { describe, expect, test } from 'vitest'
import { Producer } from '../../src/index.js'
import { ClusterSuite, eventually, pause } from './cluster-suite.js'

const suite = new ClusterSuite()

const [writeOnly, readOnly, both] = [2, 4, 6]

async function allow(topic: string, perm: number): Promise<void> {
  const numbers = { readQueueNums: 1, writeQueueNums: 1 }
  await suite.admin.createTopic({ cluster: suite.clusterName, topic, perm, ...numbers })
  await eventually(async () => (await suite.admin.topicRoute(topic)).queueDatas[0]?.perm === perm)
}

/** A client of its own: others hold a topic's route for half a minute. */
async function newProducer(): Promise<Producer> {
  const options = { namesrv: suite.namesrv, group: suite.unique('PG'), clientId: suite.unique('sender') }
  return suite.closing(new Producer(options)).start()
}

describe('permissions', () => {
  test('a topic that may only be read takes nothing', async () => {
    const topic = suite.unique('ReadOnly')
    await allow(topic, readOnly)
    const refused = (await newProducer()).send({ topic, body: 'x' })
    await expect(refused).rejects.toMatchObject({ code: 'NO_QUEUE' })
    await allow(topic, both)
    expect(await (await newProducer()).send({ topic, body: 'x' })).toMatchObject({ status: 'SEND_OK', queueOffset: 0 })
  })

  test('a topic that may only be written gives nothing out', async () => {
    const topic = suite.unique('WriteOnly')
    await allow(topic, writeOnly)
    const { queue } = await suite.producer.send({ topic, body: 'x' })
    await expect(suite.admin.pullMessages(queue, 0, 1)).rejects.toMatchObject({ details: { responseCode: 16 } })
    await allow(topic, both)
    const { received } = await suite.consumer(topic, { clientId: suite.unique('reader') })
    await eventually(() => received.length === 1)
  })

  test('a group that may not consume is told so, and gets the messages when it may', async () => {
    const topic = await suite.newTopic(1)
    const groupName = suite.unique('CG')
    const addr = await suite.firstMaster()
    await suite.admin.updateSubscriptionGroup({ addr }, { groupName, consumeEnable: false })
    const { one, received } = await suite.consumer(topic, { group: groupName })
    const codes = new Set<number | undefined>()
    one.on('problem', ({ error }) => codes.add(error.details.responseCode))
    await suite.producer.send({ topic, body: 'x' })
    await eventually(() => codes.has(16))
    await pause(200)
    expect(received).toHaveLength(0)
    await suite.admin.updateSubscriptionGroup({ addr }, { groupName, consumeEnable: true })
    await eventually(() => received.length === 1)
  })
})
