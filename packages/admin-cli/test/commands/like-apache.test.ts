import { recordByteLength, writeRecord } from '@mq/protocol'
import { expect, test } from 'vitest'
import { clusterInfo, noGroupOnline, queue, ReceivedMessage, route, runAgainst, sentAtMs } from '../fake-cluster.js'
import { golden, trimmed } from '../golden.js'

// What Apache's own tool printed about one cluster (test/golden), and what ours prints from the same answers.
process.env['TZ'] = 'UTC'

const printsLikeApache = async (name: string, parts: Record<string, unknown>, ...argv: string[]) => {
  const { out, err, code, closed } = await runAgainst(parts, ...argv)
  expect(err).toBe('')
  expect(trimmed(out)).toBe(trimmed(golden(name)))
  expect({ code, closed }).toEqual({ code: 0, closed: 1 })
}

const runtime = Object.fromEntries(
  golden('brokerStatus')
    .trimEnd()
    .split('\n')
    .map((line) => [line.slice(0, line.indexOf(':')).trimEnd(), line.slice(line.indexOf(':') + 2)]),
)

test('clusterList', async () => {
  const brokerRuntimeInfo = {
    ...runtime,
    putTps: '0.2 0.0 0.0',
    earliestMessageTimeStamp: String(sentAtMs - 9_000_000),
  }
  const { out } = await runAgainst({ clusterInfo, brokerRuntimeInfo }, 'clusterList')
  // Apache's broker did not know its oldest message, and its tool shows the hours since 1970. The disk has filled since.
  const apache = golden('clusterList').replace('498751.94', ' 2.50').replace('0.0512', '0.0513')
  expect(trimmed(out)).toBe(trimmed(apache))
})

test('clusterList -m', () =>
  printsLikeApache('clusterListM', { clusterInfo, brokerRuntimeInfo: runtime }, 'clusterList', '-m'))

test('brokerStatus of a broker', () =>
  printsLikeApache('brokerStatus', { brokerRuntimeInfo: runtime }, 'brokerStatus', '-b', '127.0.0.1:21911'))

test('brokerStatus of a cluster', async () => {
  const parts = { clusterInfo, masters: ['127.0.0.1:21911'], brokerRuntimeInfo: runtime }
  const { out } = await runAgainst(parts, 'brokerStatus', '-c', 'DefaultCluster')
  const shape = (text: string) => trimmed(text).replace(/: .*$/gm, '')
  expect(shape(out)).toBe(shape(golden('brokerStatusC')))
})

test('topicList', async () => {
  const topics = golden('topicList').trimEnd().split('\n')
  await printsLikeApache('topicList', { topicList: topics }, 'topicList')
})

test('topicList -c', async () => {
  const topicList = golden('topicList').trimEnd().split('\n')
  await printsLikeApache('topicListC', { topicList, topicRoute: route, topicConsumers: [] }, 'topicList', '-c')
})

test('topicRoute', () => printsLikeApache('topicRoute', { topicRoute: route }, 'topicRoute', '-t', 'TopicTest'))

test('topicStatus', async () => {
  const at = (hours: number, minutes: number, seconds: number, ms: number) =>
    Date.UTC(2026, 10, 24, hours, minutes, seconds, ms)
  const topicStats = [
    { queue: queue(0), minOffset: 0, maxOffset: 1, lastUpdateTimestamp: at(7, 56, 8, 533) },
    { queue: queue(1), minOffset: 0, maxOffset: 1, lastUpdateTimestamp: at(7, 56, 12, 81) },
    { queue: queue(2), minOffset: 0, maxOffset: 0, lastUpdateTimestamp: 0 },
    { queue: queue(3), minOffset: 0, maxOffset: 0, lastUpdateTimestamp: 0 },
  ]
  await printsLikeApache('topicStatus', { topicStats }, 'topicStatus', '-t', 'TopicTest')
})

test('updateTopic on a broker', () =>
  printsLikeApache(
    'updateTopic',
    { createTopic: ['127.0.0.1:21911'] },
    ...['updateTopic', '-b', '127.0.0.1:21911', '-t', 'TopicTest', '-r', '4', '-w', '4'],
  ))

test('updateTopic of an ordered topic tells the name servers its queues', async () => {
  const { out, calls } = await runAgainst(
    {
      createTopic: ['127.0.0.1:21911'],
      clusterInfo,
      putKvConfig: () => undefined,
    },
    ...['updateTopic', '-c', 'DefaultCluster', '-t', 'TopicTwo', '-r', '2', '-w', '2', '-o', 'true'],
  )
  // Apache forgets the line break before the settings.
  expect(trimmed(out).replace(']\nTopicConfig', ']TopicConfig')).toBe(trimmed(golden('updateTopicC')))
  expect(calls).toContainEqual(['putKvConfig', 'ORDER_TOPIC_CONFIG', 'TopicTwo', 'broker-a:2'])
})

test('updateTopicPerm', () =>
  printsLikeApache(
    'updateTopicPerm',
    {
      topicRoute: { ...route, queueDatas: [{ ...route.queueDatas[0], readQueueNums: 2, writeQueueNums: 2 }] },
      createTopic: ['127.0.0.1:21911'],
    },
    ...['updateTopicPerm', '-b', '127.0.0.1:21911', '-t', 'TopicTwo', '-p', '4'],
  ))

test('deleteTopic', () =>
  printsLikeApache('deleteTopic', { deleteTopic: () => null }, 'deleteTopic', '-t', 'TopicTwo', '-c', 'DefaultCluster'))

test('updateSubGroup', () =>
  printsLikeApache(
    'updateSubGroup',
    { updateSubscriptionGroup: ['127.0.0.1:21911'] },
    ...['updateSubGroup', '-b', '127.0.0.1:21911', '-g', 'GroupA'],
  ))

test('wipeWritePerm', () =>
  printsLikeApache(
    'wipeWritePerm',
    { wipeWritePerm: new Map([['127.0.0.1:21876', 11]]) },
    ...['wipeWritePerm', '-b', 'broker-a'],
  ))

test('getBrokerConfig', async () => {
  const entries = golden('getBrokerConfig')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => [line.slice(0, 50).trimEnd(), line.slice(53)] as const)
  const parts = { brokerConfig: new Map(entries) }
  await printsLikeApache('getBrokerConfig', parts, 'getBrokerConfig', '-b', '127.0.0.1:21911')
})

test('sendMessage', async () => {
  const msgId = 'FD0000000000000000000000000000023A795FFD2B2778263DA50000'
  await printsLikeApache(
    'sendMessageQ',
    { send: () => ({ queue: queue(1), status: 'SEND_OK', msgId, offsetMsgId: '', queueOffset: 0 }) },
    ...['sendMessage', '-t', 'TopicTest', '-p', 'hello2', '-b', 'broker-a', '-i', '1'],
  )
})

test('consumerProgress without groups', () =>
  printsLikeApache('consumerProgressNone', { topicList: ['TopicTest'] }, 'consumerProgress'))

test('queryMsgByOffset', async () => {
  const parts = {
    pullMessages: { status: 'FOUND', messages: [hello2()], nextOffset: 1, minOffset: 0, maxOffset: 1 },
    topicConsumers: [],
  }
  const { out } = await runAgainst(
    parts,
    ...['queryMsgByOffset', '-t', 'TopicTest', '-b', 'broker-a', '-i', '1', '-o', '0'],
  )
  // Apache writes the body to a file and names it; a client adds offsets to the properties. We show what is stored.
  const apache = golden('queryMsgByOffset')
    .replace(/^Message Body Path:.*$/m, 'Message Body:        hello2')
    .replace('MIN_OFFSET=0, MAX_OFFSET=1, ', '')
  expect(trimmed(out)).toBe(trimmed(apache))
})

test('queryMsgByOffset tells what became of it in each group', async () => {
  const subscription = { topic: 'TopicTest', subString: 'TagB', tagsSet: ['TagB'] }
  const online = { connectionSet: [], subscriptionTable: new Map([['TopicTest', subscription]]) }
  const progress = (consumerOffset: number) => ({ queues: [{ queue: queue(1), consumerOffset }] })
  const parts = {
    pullMessages: { status: 'FOUND', messages: [hello2()], nextOffset: 1, minOffset: 0, maxOffset: 1 },
    topicConsumers: ['behind', 'filters', 'gone'],
    examineConsumerConnection: (group: string) => (group === 'gone' ? noGroupOnline(group) : online),
    consumeStats: (group: string) => progress(group === 'behind' ? 0 : 1),
  }
  const { out } = await runAgainst(
    parts,
    ...['queryMsgByOffset', '-t', 'TopicTest', '-b', 'broker-a', '-i', '1', '-o', '0'],
  )
  expect(out).toContain('MessageTrack [consumerGroup=behind, trackType=NOT_CONSUME_YET, exceptionDesc=null]')
  expect(out).toContain('MessageTrack [consumerGroup=filters, trackType=CONSUMED_BUT_FILTERED, exceptionDesc=null]')
  expect(out).toContain("consumerGroup=gone, trackType=NOT_ONLINE, exceptionDesc=no consumer of group 'gone' is online")
})

function hello2(): ReceivedMessage {
  const properties =
    'UNIQ_KEY\u0001FD0000000000000000000000000000023A795FFD2B2778263DA50000\u0002CLUSTER\u0001DefaultCluster\u0002WAIT\u0001true\u0002'
  const body = Buffer.from('hello2')
  const hosts = {
    bornHost: { host: '127.0.0.1', port: 43070 },
    storeHost: { host: '127.0.0.1', port: 21911 },
  }
  const bytes = Buffer.alloc(
    recordByteLength({ ...hosts, topicBytes: 9, bodyBytes: body.length, propertiesBytes: properties.length }),
  )
  writeRecord(bytes, 0, {
    ...hosts,
    queueId: 1,
    flag: 0,
    queueOffset: 0,
    commitLogOffset: 222,
    sysFlag: 0,
    bornTimestamp: sentAtMs,
    storeTimestamp: sentAtMs + 12,
    reconsumeTimes: 0,
    preparedTransactionOffset: 0,
    body,
    topic: 'TopicTest',
    properties,
  })
  return new ReceivedMessage(bytes, 0, queue(1))
}
