import { describe, expect, test } from 'vitest'
import {
  decodeClusterInfo,
  decodeConsumeMessageDirectlyResult,
  decodeHeartbeatData,
  decodeKVTable,
  decodeResetOffsetBody,
  decodeTopicRouteData,
  decodeTopicStatsTable,
  encodeHeartbeatData,
  encodeLockBatchResponseBody,
  encodeResetOffsetBodyForC,
  encodeTopicRouteData,
} from '../../src/index.js'
import { expectOnlyProtocolErrors, protocolErrorOf } from '../support/bad-bytes.js'
import { raw, requestBodies, responseBodies, type BodyCodec } from '../support/golden-bodies.js'
import { commandOf, goldenFiles } from '../support/golden-remoting.js'

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()

describe('any bytes are read or refused', () => {
  const files = goldenFiles('4.7.1')
  const samplesOf = (code: number, side: 'request' | 'response') =>
    files
      .find((file) => file.code === code)!
      .exchanges.flatMap((exchange) => exchange[side] ?? [])
      .flatMap((frame) => commandOf(frame).body ?? [])
      .slice(0, 5)
  const rows = (['request', 'response'] as const).flatMap((side) =>
    Object.entries(side === 'request' ? requestBodies : responseBodies)
      .filter((row): row is [string, BodyCodec] => row[1] !== raw)
      .map(([code, codec]) => ({ code: Number(code), side, codec })),
  )

  test.each(rows)('$side $code', ({ code, side, codec }) => {
    expectOnlyProtocolErrors((bytes) => codec.decode(bytes), samplesOf(code, side), 150)
  })
})

describe('errors name the member', () => {
  test.each([
    ['{"consumerDataSet":[]}', 'HeartbeatData.clientID must be text'],
    ['{"clientID":"c","producerDataSet":[{}]}', 'HeartbeatData.producerDataSet[0].groupName must be text'],
    ['{"clientID":"c","producerDataSet":{"a":1}}', 'HeartbeatData.producerDataSet must be a list'],
    ['[]', 'HeartbeatData must be an object'],
    ['{"clientID":"c"', "HeartbeatData: wrong JSON at character 15: '}' is missing"],
    ['', 'HeartbeatData: the body is missing'],
  ])('%s', (text, message) => {
    expect(protocolErrorOf(() => decodeHeartbeatData(Buffer.from(text)))).toMatchObject({ code: 'BODY', message })
  })

  test('and stay short when the peer chose the name', () => {
    const body = `{"offsetTable":{{"${'x'.repeat(5000)}":1}:{}}}`
    expect(protocolErrorOf(() => decodeTopicStatsTable(body)).message.length).toBeLessThan(300)
    const long = `{"brokerAddrTable":{"${'x'.repeat(5000)}":1}}`
    expect(protocolErrorOf(() => decodeClusterInfo(long)).message.length).toBeLessThan(300)
  })
})

describe('heartbeats of other clients', () => {
  test('Go: versions in nanoseconds, hash codes as text', () => {
    const subscription =
      '{"topic":"T","subString":"a","tagsSet":["a"],"codeSet":["97"],"subVersion":1795347009420425282}'
    const body = `{"clientID":"@go","consumerDataSet":[{"groupName":"CG","subscriptionDataSet":[${subscription}]}]}`
    const [consumer] = decodeHeartbeatData(body).consumerDataSet
    expect(consumer!.subscriptionDataSet[0]).toMatchObject({
      codeSet: [97],
      subVersion: 1795347009420425282n,
      expressionType: 'TAG',
    })
  })

  test('C++: enums by number, empty sets left out', () => {
    const body =
      '{"clientID":"c","consumerDataSet":[{"consumeFromWhere":4,"consumeType":1,"groupName":"CG","messageModel":0}]}'
    expect(decodeHeartbeatData(body)).toEqual({
      clientID: 'c',
      consumerDataSet: [
        {
          groupName: 'CG',
          consumeType: 'CONSUME_PASSIVELY',
          messageModel: 'BROADCASTING',
          consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
          subscriptionDataSet: [],
          unitMode: false,
        },
      ],
      producerDataSet: [],
    })
  })

  test('an enum name nobody knows is absent, as it is null to Java', () => {
    const body = '{"clientID":"c","consumerDataSet":[{"groupName":"CG","consumeType":"CONSUME_BY_MAGIC"}]}'
    expect(decodeHeartbeatData(body).consumerDataSet[0]!.consumeType).toBeUndefined()
  })

  test('an exact version survives being written', () => {
    const text =
      '{"clientID":"c","consumerDataSet":[{"groupName":"CG","subscriptionDataSet":[{"classFilterMode":false,"codeSet":[],"expressionType":"TAG","subString":"*","subVersion":1795347009420425282,"tagsSet":[],"topic":"T"}],"unitMode":false}],"producerDataSet":[]}'
    expect(textOf(encodeHeartbeatData(decodeHeartbeatData(text)))).toBe(text)
  })
})

describe('routes', () => {
  const route = {
    brokerDatas: [{ cluster: 'C', brokerName: 'b', brokerAddrs: new Map([[0, '10.0.0.1:10911'], [1, '10.0.0.2:10911']]) }], // prettier-ignore
    filterServerTable: new Map<string, string[]>(),
    queueDatas: [{ brokerName: 'b', readQueueNums: 4, writeQueueNums: 4, perm: 6, topicSysFlag: 1 }],
  }

  test('are standard JSON without blanks, with the flag under both names', () => {
    expect(textOf(encodeTopicRouteData(route))).toBe(
      '{"brokerDatas":[{"brokerAddrs":{"0":"10.0.0.1:10911","1":"10.0.0.2:10911"},"brokerName":"b","cluster":"C"}],"filterServerTable":{},"queueDatas":[{"brokerName":"b","perm":6,"readQueueNums":4,"topicSynFlag":1,"topicSysFlag":1,"writeQueueNums":4}]}',
    )
  })

  test.each([{}, { quoteIntegers: false }])('are read whichever way keys are written: %j', (options) => {
    expect(decodeTopicRouteData(encodeTopicRouteData(route, options))).toEqual(route)
  })
})

describe('offset tables', () => {
  const table = new Map([[{ topic: 'T', brokerName: 'b', queueId: 0 }, 5]])

  test.each([
    '{"offsetTable":{{"brokerName":"b","queueId":0,"topic":"T"}:5}}',
    '{"offsetTable":{"{\\"brokerName\\":\\"b\\",\\"queueId\\":0,\\"topic\\":\\"T\\"}":5}}',
    '{"offsetTable":[{"brokerName":"b","offset":5,"queueId":0,"topic":"T"}]}',
  ])('of a reset: %s', (text) => {
    expect(decodeResetOffsetBody(text)).toEqual({ offsetTable: table })
  })

  test('for C++ consumers', () => {
    expect(textOf(encodeResetOffsetBodyForC({ offsetTable: table }))).toBe(
      '{"offsetTable":[{"brokerName":"b","offset":5,"queueId":0,"topic":"T"}]}',
    )
  })
})

test('only declared members are written', () => {
  const queue = { topic: 'T', brokerName: 'b', queueId: 0, lockedAt: 5 }
  expect(textOf(encodeLockBatchResponseBody({ lockOKMQSet: [queue] }))).toBe(
    '{"lockOKMQSet":[{"brokerName":"b","queueId":0,"topic":"T"}]}',
  )
})

test('a table of figures has no members but its own', () => {
  const { table } = decodeKVTable('{"table":{"__proto__":"x","toString":"y"}}')
  expect(Object.entries(table)).toEqual([['__proto__', 'x'], ['toString', 'y']]) // prettier-ignore
  expect(({} as { x?: string }).x).toBeUndefined()
})

test('Go says by number how a message was consumed', () => {
  expect(decodeConsumeMessageDirectlyResult('{"consumeResult":1,"spentTimeMills":3}')).toMatchObject({ consumeResult: 'CR_LATER', autoCommit: true }) // prettier-ignore
})
