import type { ConsumerRunningInfo, ProcessQueueInfo } from '@mq/protocol'
import { expect, test } from 'vitest'
import { queue, route, runAgainst, sentAtMs } from '../fake-cluster.js'

process.env['TZ'] = 'UTC'

const processQueue: ProcessQueueInfo = {
  ...{ commitOffset: 7, cachedMsgMinOffset: 7, cachedMsgMaxOffset: 9, cachedMsgCount: 3, cachedMsgSizeInMiB: 0 },
  ...{ transactionMsgMinOffset: 0, transactionMsgMaxOffset: 0, transactionMsgCount: 0, locked: false },
  ...{ tryUnlockTimes: 0, lastLockTimestamp: 0, droped: false },
  ...{ lastPullTimestamp: sentAtMs, lastConsumeTimestamp: sentAtMs - 61_000 },
}

const info = (subString = '*', properties: Record<string, string> = {}, jstack?: string): ConsumerRunningInfo => ({
  properties: { PROP_CONSUME_TYPE: 'CONSUME_PASSIVELY', PROP_CONSUMEORDERLY: 'false', ...properties },
  subscriptionSet: [
    {
      ...{ classFilterMode: false, topic: 'TopicTest', subString, tagsSet: [], codeSet: [], subVersion: 1 },
      expressionType: 'TAG',
    },
  ],
  mqTable: new Map([[queue(2), processQueue]]),
  statusTable: new Map([
    [
      'TopicTest',
      { pullRT: 1.5, pullTPS: 20, consumeRT: 3, consumeOKTPS: 19.5, consumeFailedTPS: 0.5, consumeFailedMsgs: 30 },
    ],
  ]),
  jstack,
})

const connection = (...ids: string[]) => ({
  connectionSet: ids.map((clientId) => ({ clientId, clientAddr: '10.0.0.7:1', language: 'JAVA', version: 355 })),
  subscriptionTable: new Map(),
})

test('of one client: all it says, with stacks', async () => {
  const parts = { topicRoute: route, consumerRunningInfo: info('*', {}, 'handlers that run: 1\n') }
  const { out, err, code, calls } = await runAgainst(parts, 'consumerStatus', '-g', 'G', '-i', 'ip@1', '-s')
  expect([err, code]).toEqual(['', 0])
  expect(calls.at(-1)).toEqual(['consumerRunningInfo', '127.0.0.1:21911', 'G', 'ip@1', { stacks: true }])
  // As Apache's tool lays it out.
  for (const line of [
    'PROP_CONSUME_TYPE                       : CONSUME_PASSIVELY',
    '001 Topic: TopicTest                                ClassFilter: false    SubExpression: *',
    'TopicTest                         broker-a                          2     7',
    'commitOffset=7, cachedMsgMinOffset=7, cachedMsgMaxOffset=9, cachedMsgCount=3,',
    'lastPullTimestamp=20261124075612069, lastConsumeTimestamp=20261124075511069]',
    'TopicTest                                   1.50          20.00           3.00          19.50               0.50                        30',
    '#Consumer jstack#\nhandlers that run: 1\n',
  ])
    expect(out).toContain(line)
})

test('of a group: a line for each client, and what is wrong with its queues', async () => {
  const parts = {
    topicRoute: route,
    examineConsumerConnection: connection('ip@1', 'ip@2'),
    consumerRunningInfo: info(),
  }
  const { out, code } = await runAgainst(parts, 'consumerStatus', '-g', 'G')
  expect(code).toBe(0)
  expect(out).toMatch(/^001 {2}ip@1 +V4_7_1/)
  expect(out).toContain('Same subscription in the same group of consumer')
  const place = 'MessageQueue [topic=TopicTest, brokerName=broker-a, queueId=2]'
  expect(out).toContain(`ip@2 ${place} can't consume for a while, maybe blocked, 61000ms`)
})

test('of a group with different subscriptions, and a client that does not answer', async () => {
  const byId: Record<string, ConsumerRunningInfo> = { 'ip@1': info('a'), 'ip@2': info('b') }
  const consumerRunningInfo = (_address: string, _group: string, id: string) => {
    if (byId[id] === undefined) throw new Error('no answer')
    return byId[id]
  }
  const parts = {
    topicRoute: route,
    examineConsumerConnection: connection('ip@1', 'ip@2', 'ip@3'),
    consumerRunningInfo,
  }
  const { out, err, code } = await runAgainst(parts, 'consumerStatus', '-g', 'G')
  expect(out).toContain('WARN: Different subscription in the same group of consumer!!!')
  expect(err).toContain('client ip@3 does not tell how it is')
  expect(code).toBe(1)
})
