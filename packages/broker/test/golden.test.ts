import {
  encodeSubscriptionGroupConfig,
  propertyOf,
  RequestCode,
  ResponseCode,
  type ReceivedCommand,
} from '@mq/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Bench, type TestClient } from './support/bench.js'
import { goldenExchanges, shapeOf, type Exchange } from './support/golden.js'

/** Recorded under other settings, or about what depends on what was stored at that moment. */
const leftOut = [
  /AclException|acl:/,
  /^(set |sync master|slave|traffic|transaction)/,
  /^send: (system busy|transactions rejected|broker not writable)/,
  /broker not (readable|writable)/,
  /^heartbeat of an unknown group/,
  /property filter not enabled/,
  // There the topic did not exist.
  /^pull: topic not subscribed/,
]

/** Where this broker answers another code than 4.7.1, on purpose: docs/differences.md. */
const otherCode: Record<string, number> = {
  '310 send: empty body': 13,
  '310 send: half topic': 16,
  '310 send: to a retry topic of an unknown group': 26,
  '320 send: batch with delay': 13,
  '11 pull: bad SQL expression': 23,
  '11 pull: unknown expression type': 23,
  '200 update group: no name': 1,
  '25 mqadmin updateBrokerConfig -b 127.0.0.1:21911 -k maxTransferCountOnMessageInMemory -v 33': 16,
  '25 mqadmin updateBrokerConfig -c DefaultCluster -k flushDelayOffsetInterval -v 9000': 16,
}

/** Requests that name a place in the commit log of the recording. */
const placed = new Set<number>([
  RequestCode.VIEW_MESSAGE_BY_ID,
  RequestCode.CONSUMER_SEND_MSG_BACK,
  RequestCode.CONSUME_MESSAGE_DIRECTLY,
  RequestCode.RESUME_CHECK_HALF_MESSAGE,
])
const pullCodes = new Set([0, 19, 20, 21])

const all = goldenExchanges().filter(
  ({ note, response }) => !leftOut.some((pattern) => pattern.test(note) || pattern.test(response?.remark ?? '')),
)
let bench: Bench
let client: TestClient

const replay = ({ request }: Exchange, more: Record<string, string> = {}) =>
  client.call(request.code, request.extFields && { ...request.extFields, ...more }, request.body)
const of = (...codes: number[]) => all.filter(({ code, response }) => codes.includes(code) && response !== undefined)

/** Held pulls take minutes of virtual time; clients without heartbeats would be dropped. */
async function beat() {
  for (const exchange of of(RequestCode.HEART_BEAT)) await replay(exchange)
}

beforeAll(async () => {
  bench = await Bench.start({ enablePropertyFilter: true })
  client = bench.client()
  for (const topic of ['TopicPull', 'TopicLite']) {
    const queues = { readQueueNums: '4', writeQueueNums: '4', perm: '6' }
    await client.call(RequestCode.UPDATE_AND_CREATE_TOPIC, { topic, defaultTopic: 'TBW102', ...queues })
  }
  for (const groupName of ['CG_RAW', 'CG_GHOST']) {
    const group = {
      groupName,
      consumeEnable: true,
      consumeFromMinEnable: true,
      consumeBroadcastEnable: true,
      retryQueueNums: 1,
    }
    const rest = {
      retryMaxTimes: 16,
      brokerId: 0,
      whichBrokerWhenConsumeSlowly: 1,
      notifyConsumerIdsChangedEnable: true,
    }
    const body = encodeSubscriptionGroupConfig({ ...group, ...rest })
    await client.call(RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP, undefined, body)
  }
  for (const code of [RequestCode.GET_CONSUMER_RUNNING_INFO, RequestCode.CONSUME_MESSAGE_DIRECTLY]) {
    const body = of(code).find(({ response }) => response!.body !== undefined)!.response!.body
    client.handle(code, () => ({ code: 0, body }))
  }
  client.handle(RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, () => ({ code: 0 }))
  client.handle(RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, () => ({ code: 0, body: Buffer.from('{}') }))
  for (const exchange of of(RequestCode.UPDATE_AND_CREATE_TOPIC, RequestCode.UPDATE_AND_CREATE_SUBSCRIPTIONGROUP)) {
    await replay(exchange)
  }
  for (const exchange of of(RequestCode.SEND_MESSAGE_V2)) await replay(exchange)
  for (const [consumerGroup, topic] of [
    ['CG_PUSH', 'TopicA'],
    ['CG_ADMIN', 'TopicAdmin'],
  ] as const) {
    for (let queueId = 0; queueId < 8; queueId++) {
      const commit = { consumerGroup, topic, queueId: String(queueId), commitOffset: '0' }
      await client.call(RequestCode.UPDATE_CONSUMER_OFFSET, commit)
    }
  }
})
afterAll(() => bench.close())

const replies = new Set<number>([RequestCode.SEND_REPLY_MESSAGE, RequestCode.SEND_REPLY_MESSAGE_V2])
/** The requester that a reply went to when it was recorded. */
const comeOnline = ({ request }: Exchange) => {
  const { properties, i } = request.extFields!
  const clientID = propertyOf((properties ?? i)!, 'REPLY_TO_CLIENT')!
  return client.heartbeat({ clientID, producerDataSet: [{ groupName: 'PG_A' }] })
}

const setAutoCreateGroups = (value: boolean) =>
  client.call(RequestCode.UPDATE_BROKER_CONFIG, undefined, Buffer.from(`autoCreateSubscriptionGroup=${value}`))

const codes = [...new Set(all.map(({ code }) => code))]
/** Those that take things away come last. */
const last: number[] = [
  RequestCode.UNREGISTER_CLIENT,
  RequestCode.DELETE_SUBSCRIPTIONGROUP,
  RequestCode.DELETE_TOPIC_IN_BROKER,
]
const order = [...codes.filter((code) => !last.includes(code)), ...last]

describe("Apache's own requests are answered in the shape of Apache's answers", () => {
  test.each(order)('code %i', async (code) => {
    if (!last.includes(code)) await beat()
    const differences: unknown[] = []
    for (const exchange of of(code)) {
      if (code === RequestCode.PULL_MESSAGE) await beat()
      // Recorded from a broker on which groups do not come into being by themselves.
      const refusesGroups = exchange.response!.code === ResponseCode.SUBSCRIPTION_GROUP_NOT_EXIST
      if (refusesGroups) await setAutoCreateGroups(false)
      if (replies.has(code) && exchange.response!.code === 0) await comeOnline(exchange)
      const ours = await answerTo(exchange)
      if (refusesGroups) await setAutoCreateGroups(true)
      if (!sameShape(exchange, ours))
        differences.push([exchange.note, shapeOf(ours), ours.remark, 'Apache:', shapeOf(exchange.response!)])
    }
    expect(differences).toEqual([])
  })

  test('and codes that 4.7.1 leaves unanswered with a sentence', async () => {
    const silent = all.filter(
      ({ response, note }) => response === undefined && note.startsWith('broker: defined but unused'),
    )
    expect(silent.length).toBeGreaterThan(8)
    for (const exchange of silent) {
      if (exchange.request.flag === 2) continue
      expect(await replay(exchange)).toMatchObject(exchange.code === Number(exchange.note.slice(-3)) ? { code: 3 } : {})
    }
  })
})

/** A subscription version of the recording may be one whose heartbeat was not kept. */
const answerTo = (exchange: Exchange): Promise<ReceivedCommand> =>
  // The times asked for are those of the recording.
  exchange.code === RequestCode.QUERY_MESSAGE
    ? replay(exchange, { beginTimestamp: '0', endTimestamp: '4102444800000' })
    : exchange.code === RequestCode.PULL_MESSAGE && !exchange.note.startsWith('pull:') && exchange.response!.code !== 25
      ? replay(exchange, { subVersion: '0' })
      : replay(exchange)

function sameShape({ code, note, response }: Exchange, ours: ReceivedCommand): boolean {
  const wanted = otherCode[`${code} ${note}`]
  if (wanted !== undefined) return ours.code === wanted && ours.remark !== undefined
  if (placed.has(code) && ours.code === 1 && response!.code === 0)
    return /commit log offset|by the offset/.test(ours.remark!)
  // Who takes everything is answered although a heartbeat is still to come.
  if (code === RequestCode.PULL_MESSAGE && response!.code === 25 && pullCodes.has(ours.code)) return true
  if (code === RequestCode.PULL_MESSAGE && pullCodes.has(ours.code) && pullCodes.has(response!.code)) {
    return JSON.stringify(shapeOf(ours).fields) === JSON.stringify(shapeOf(response!).fields)
  }
  return JSON.stringify(shapeOf(ours)) === JSON.stringify(shapeOf(response!))
}
