import { encodeClusterInfo, encodeHeartbeatData, requestCommand, RequestCode, type Answer } from '@mq/protocol'
import { createFileStore } from '@mq/store'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Broker } from '../src/index.js'
import { Bench, properties, sendFields, type TestClient } from './support/bench.js'
import { startFakeServer, type FakeServer } from './support/fake-server.js'

const topic = 'DefaultCluster_REPLY_TOPIC'
const notHere = 'requester requester is not online here: no heartbeat of it as a producer has come'
let bench: Bench
let requester: TestClient
let replier: TestClient
let nameServer: FakeServer
let stops: (() => Promise<void>)[]

/** As `startFakeServer`, and ended with the test. */
async function fakeServer(name: string, codes: number[], answer: () => Answer | undefined): Promise<FakeServer> {
  const server = await startFakeServer(bench, name, codes, answer)
  stops.push(server.close)
  return server
}

/** What the name server knows: addresses of masters by their names, all of one cluster but those called `other-…`. */
let masters: Record<string, string>
const clusterOf = (name: string) => (name.startsWith('other-') ? 'OtherCluster' : 'DefaultCluster')
const clusterInfo = (): Answer => ({
  code: 0,
  body: encodeClusterInfo({
    brokerAddrTable: new Map(
      Object.entries(masters).map(([brokerName, address]) => [
        brokerName,
        { cluster: clusterOf(brokerName), brokerName, brokerAddrs: new Map([[0, address]]) },
      ]),
    ),
    clusterAddrTable: new Map(),
  }),
})

const fakeMaster = (name: string, answer: () => Answer | undefined) =>
  fakeServer(name, [RequestCode.SEND_REPLY_MESSAGE, RequestCode.SEND_REPLY_MESSAGE_V2], answer)

/** A second real broker, which registers nowhere. */
async function startOther(): Promise<string> {
  const host = bench.sim.host('broker-b')
  const storeHost = { host: host.address, port: 10_911 }
  const store = createFileStore({
    io: host.io,
    directory: '/store',
    storeHost,
    config: { mappedFileSizeCommitLog: 1 << 22 },
  })
  const broker = new Broker({ io: host.io, store, config: { brokerName: 'broker-b', bindAddress: '0.0.0.0' } })
  await bench.sim.settle(broker.start())
  stops.push(() => broker.close())
  return `${host.address}:10911`
}

beforeEach(async () => {
  stops = []
  masters = { 'broker-a': '10.0.0.1:10911' }
  bench = await Bench.start({ namesrvAddr: '10.0.0.2:9876' })
  nameServer = await fakeServer('ns', [RequestCode.GET_BROKER_CLUSTER_INFO], clusterInfo)
  expect(nameServer.address).toBe('10.0.0.2:9876')
  // The broker has tried to register before there was a name server, and waits before it connects again.
  await bench.sim.run(5000)
  requester = bench.client('requester')
  requester.handle(RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, () => ({ code: 0 }))
  replier = bench.client('replier')
})
afterEach(async () => {
  await bench.close()
  for (const stop of stops) await bench.sim.settle(stop())
})

const callAt = (client: TestClient, address: string, code: number, fields?: Record<string, string>, body?: Buffer) =>
  bench.sim.settle(client.remoting.call(address, requestCommand(code, fields, body), { timeoutMs: 60_000 }))

const beatAt = (address: string) => {
  const data = { clientID: 'requester', consumerDataSet: [], producerDataSet: [{ groupName: 'PG' }] }
  return callAt(requester, address, RequestCode.HEART_BEAT, undefined, Buffer.from(encodeHeartbeatData(data)))
}

const storedAt = async (address: string) =>
  Number((await callAt(replier, address, RequestCode.GET_MAX_OFFSET, { topic, queueId: '0' })).extFields!.offset)

const replyProperties = properties({ MSG_TYPE: 'reply', CORRELATION_ID: 'c', REPLY_TO_CLIENT: 'requester' })
const beginReply = () =>
  replier.begin(RequestCode.SEND_REPLY_MESSAGE_V2, sendFields(topic, { i: replyProperties }), Buffer.from('answer'))
const reply = () => bench.sim.settle(beginReply())

test('a reply comes to a requester whom only another master knows, and is stored once', async () => {
  const other = (masters['broker-b'] = await startOther())
  await beatAt(other)
  expect(await reply()).toMatchObject({ code: 0, extFields: { queueOffset: '0' } })
  expect(requester.asked.map(({ body }) => Buffer.from(body!).toString())).toEqual(['answer'])
  const oldFields = {
    producerGroup: 'PG',
    topic,
    defaultTopic: 'TBW102',
    defaultTopicQueueNums: '4',
    queueId: '0',
    sysFlag: '0',
    bornTimestamp: '1795347944162',
    flag: '0',
    properties: replyProperties,
  }
  expect(await replier.call(RequestCode.SEND_REPLY_MESSAGE, oldFields, Buffer.from('older'))).toMatchObject({ code: 0 })
  expect(requester.asked).toHaveLength(2)
  expect([await storedAt(bench.address), await storedAt(other)]).toEqual([2, 0])
})

test('a master gets the reply as it came, and does not hand it on again', async () => {
  const master = await fakeMaster('master', () => ({ code: 0 }))
  masters['broker-b'] = master.address
  const signed = sendFields(topic, { i: replyProperties, AccessKey: 'key', Signature: 'of all fields and the body' })
  const sent = await replier.call(RequestCode.SEND_REPLY_MESSAGE_V2, signed, Buffer.from('answer'))
  expect(sent).toMatchObject({ code: 0 })
  expect(master.seen).toHaveLength(1)
  const [handedOn] = master.seen
  expect(handedOn).toMatchObject({ code: RequestCode.SEND_REPLY_MESSAGE_V2, extFields: signed })
  expect(Buffer.from(handedOn!.body!).toString()).toBe('answer')

  const again = await bench.sim.settle(replier.remoting.call(bench.address, { ...handedOn! }))
  expect(again).toMatchObject({ code: 1, remark: notHere })
  expect(master.seen).toHaveLength(1)
  expect(await storedAt(bench.address)).toBe(1)
})

test('a requester who is online here is not looked for elsewhere', async () => {
  const master = await fakeMaster('master', () => ({ code: 0 }))
  masters['broker-b'] = master.address
  await beatAt(bench.address)
  expect(await reply()).toMatchObject({ code: 0 })
  expect([requester.asked.length, master.seen.length, nameServer.seen.length]).toEqual([1, 0, 0])
})

test('masters that refuse, are silent or cannot be reached are passed over, and the reply fails as without them', async () => {
  const refusing = await fakeMaster('refusing', () => ({ code: 1, remark: 'not here either' }))
  const silent = await fakeMaster('silent', () => undefined)
  const elsewhere = await fakeMaster('elsewhere', () => ({ code: 0 }))
  Object.assign(masters, { b: refusing.address, c: silent.address, d: '10.0.0.99:10911', 'other-e': elsewhere.address })
  const startedMs = bench.sim.elapsedMs
  expect(await reply()).toMatchObject({ code: 1, remark: notHere })
  expect(bench.sim.elapsedMs - startedMs).toBeLessThan(3000)
  expect([refusing, silent, elsewhere].map(({ seen }) => seen.length)).toEqual([1, 1, 0])

  const taking = await fakeMaster('taking', () => ({ code: 0 }))
  masters.f = taking.address
  await bench.sim.run(5000)
  expect(await reply()).toMatchObject({ code: 0 })
  expect(taking.seen).toHaveLength(1)
})

test('name servers are asked once in five seconds, and what they said last counts when they are gone', async () => {
  for (let i = 0; i < 5; i++) expect(await reply()).toMatchObject({ code: 1, remark: notHere })
  expect(nameServer.seen).toHaveLength(1)
  const master = await fakeMaster('master', () => ({ code: 0 }))
  masters['broker-b'] = master.address
  await bench.sim.run(5000)
  expect(await reply()).toMatchObject({ code: 0 })
  expect(nameServer.seen).toHaveLength(2)

  await bench.sim.settle(stops[0]!())
  await bench.sim.run(5000)
  expect(await reply()).toMatchObject({ code: 0 })
})

test('at most a thousand are being handed on: one more fails at once', async () => {
  const silent = await fakeMaster('silent', () => undefined)
  masters['broker-b'] = silent.address
  const waiting = Array.from({ length: 1000 }, beginReply)
  const startedMs = bench.sim.elapsedMs
  expect(await reply()).toMatchObject({ code: 1, remark: notHere })
  expect(bench.sim.elapsedMs - startedMs).toBeLessThan(1000)
  const answers = await bench.sim.settle(Promise.all(waiting))
  expect(new Set(answers.map(({ remark }) => remark))).toEqual(new Set([notHere]))
  expect(silent.seen).toHaveLength(1000)
})
