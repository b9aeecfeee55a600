import { describe, expect, test } from 'vitest'
import { ClientError, diagnose } from '../../src/index.js'
import { ClusterSuite, eventually, numbered } from './cluster-suite.js'

const suite = new ClusterSuite()

describe('topics, groups and settings', () => {
  test('makes, describes and deletes topics', async () => {
    const topic = await suite.newTopic(3)
    expect(await suite.admin.topicList()).toContain(topic)
    const route = await suite.admin.topicRoute(topic)
    expect(route.queueDatas[0]).toMatchObject({ readQueueNums: 3, writeQueueNums: 3, perm: 6 })
    await suite.sendAll(numbered(topic, 6))
    await eventually(async () => (await suite.countOf(topic)) === 6)
    await suite.admin.deleteTopic({ topic, cluster: suite.clusterName })
    await eventually(async () => !(await suite.admin.topicList()).includes(topic))
    await expect(suite.admin.topicRoute(topic)).rejects.toMatchObject({
      code: 'REFUSED',
      details: { responseCode: 17 },
    })
  })

  test('tells how brokers are', async () => {
    const [address] = await suite.admin.masters(suite.clusterName)
    const info = await suite.admin.brokerRuntimeInfo(address!)
    expect(info.brokerVersionDesc).toMatch(/^V\d/)
    const config = await suite.admin.brokerConfig(address!)
    expect(config.get('brokerClusterName')).toBe(suite.clusterName)
  })

  test('keeps groups and settings', async () => {
    const groupName = suite.unique('Kept')
    const [address] = await suite.admin.masters(suite.clusterName)
    await suite.admin.updateSubscriptionGroup({ addr: address }, { groupName, retryMaxTimes: 3 })
    expect((await suite.admin.subscriptionGroups(address!)).get(groupName)).toMatchObject({
      retryMaxTimes: 3,
      retryQueueNums: 1,
    })
    await suite.admin.deleteSubscriptionGroup({ addr: address }, groupName)
    expect((await suite.admin.subscriptionGroups(address!)).has(groupName)).toBe(false)
    const namespace = suite.unique('NS')
    await suite.admin.putKvConfig(namespace, 'a', 'b')
    expect(await suite.admin.getKvConfig(namespace, 'a')).toBe('b')
    expect(await suite.admin.listKvConfig(namespace)).toEqual({ a: 'b' })
    await suite.admin.deleteKvConfig(namespace, 'a')
    expect(await suite.admin.getKvConfig(namespace, 'a')).toBeUndefined()
  })

  test('errors say what is wrong', async () => {
    await expect(suite.admin.examineConsumerConnection(suite.unique('Nobody'))).rejects.toBeInstanceOf(ClientError)
    await expect(suite.admin.viewMessage('nonsense')).rejects.toMatchObject({ code: 'MESSAGE_INVALID' })
    await expect(suite.admin.createTopic({ addr: '127.0.0.1:1', topic: 'T' })).rejects.toMatchObject({
      code: 'CONNECT_FAILED',
    })
    await expect(suite.admin.createTopic({ cluster: 'Nowhere', topic: 'T' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })

  test('diagnose finds what is there, and says what is missing', async () => {
    const topic = await suite.newTopic(2)
    const found = await diagnose({ namesrv: suite.namesrv }, topic)
    expect(found).toMatchObject({ ok: true, problems: [], topic: { exists: true, writeQueues: 2, readQueues: 2 } })
    expect(found.brokers.every((one) => one.reachable)).toBe(true)
    const missing = await diagnose({ namesrv: suite.namesrv }, suite.unique('Nowhere'))
    expect(missing.problems.map((one) => one.code)).toEqual(['TOPIC_NOT_FOUND'])
  })
})

describe('message queries', () => {
  test('a message is found by its place in the log, and read by offset', async () => {
    const topic = await suite.newTopic(1)
    await suite.sendAll(numbered(topic, 5))
    const { offsetMsgId, msgId, queue } = await suite.producer.send({ topic, body: 'last', tags: 'T', keys: 'k' })
    await eventually(async () => (await suite.countOf(topic)) === 6)
    const found = await suite.admin.viewMessage(offsetMsgId)
    expect(found).toMatchObject({ msgId, offsetMsgId, topic, tags: 'T', keys: ['k'], queueOffset: 5 })
    expect(found.text()).toBe('last')
    const { messages, nextOffset, status } = await suite.admin.pullMessages(queue, 4, 10)
    expect([messages.map((one) => one.text()), nextOffset, status]).toEqual([['4', 'last'], 6, 'FOUND'])
    expect(await suite.admin.pullMessages(queue, 6, 10)).toMatchObject({ status: 'NO_NEW_MESSAGE', messages: [] })
  })
})
