import { RequestCode, ResponseCode } from '@mq/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Bench, type TestClient } from './support/bench.js'
import { startFakeServer, type FakeServer } from './support/fake-server.js'

let bench: Bench
let nameServer: FakeServer
let client: TestClient
/** Topics that other brokers have. */
let elsewhere: string[]

beforeEach(async () => {
  elsewhere = []
  bench = await Bench.start({ namesrvAddr: '10.0.0.2:9876' })
  nameServer = await startFakeServer(bench, 'ns', [RequestCode.GET_ROUTEINFO_BY_TOPIC], ({ extFields }) =>
    elsewhere.includes(extFields!.topic!) ? { code: 0 } : { code: ResponseCode.TOPIC_NOT_EXIST },
  )
  // The broker has tried to register before there was a name server, and waits before it connects again.
  await bench.sim.run(5000)
  client = bench.client()
})
afterEach(async () => {
  await bench.close()
  await bench.sim.settle(nameServer.close())
})

const hasRetryTopic = () => bench.broker.topics().has('%RETRY%CG')

/** A consumer comes online, and the name server has had time to answer. */
async function consume(topic: string): Promise<void> {
  await client.consume('CG', topic)
  await bench.sim.run(2000)
}

describe('the retry topic of a group that is online', () => {
  test('is not made where other brokers have its topics, and the name server is asked once', async () => {
    elsewhere = ['T']
    await consume('T')
    await consume('T')
    expect(hasRetryTopic()).toBe(false)
    expect(nameServer.seen.map(({ extFields }) => extFields!.topic)).toEqual(['T'])
  })

  test('is made at once where one of its topics is, without a question', async () => {
    await client.send('T', 'x')
    await consume('T')
    expect(hasRetryTopic()).toBe(true)
    expect(nameServer.seen).toEqual([])
  })

  test('is made when nobody has any of its topics', async () => {
    await consume('T')
    expect(hasRetryTopic()).toBe(true)
  })

  test('is made when no name server answers', async () => {
    elsewhere = ['T']
    await bench.sim.settle(nameServer.close())
    await consume('T')
    expect(hasRetryTopic()).toBe(true)
  })

  test('comes with a topic that comes later', async () => {
    elsewhere = ['T']
    await consume('T')
    await client.send('T', 'x')
    expect(hasRetryTopic()).toBe(true)
  })

  test('comes with the first message that is sent back', async () => {
    elsewhere = ['T']
    await client.send('Other', 'x')
    await consume('T')
    const fields = {
      offset: '0',
      group: 'CG',
      delayLevel: '0',
      originMsgId: '',
      originTopic: 'Other',
      unitMode: 'false',
    }
    expect(await client.call(RequestCode.CONSUMER_SEND_MSG_BACK, fields)).toMatchObject({ code: 0 })
    expect(hasRetryTopic()).toBe(true)
  })
})
