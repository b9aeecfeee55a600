import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConsoleError } from '../../src/console-error.js'
import { FakeCluster } from '../fake-cluster.js'
import { openConsole } from '../open-console.js'

let opened: Awaited<ReturnType<typeof openConsole>>
beforeEach(async () => {
  opened = await openConsole(new FakeCluster({ Orders: 2, '%RETRY%shop': 1, TBW102: 8 }), { version: '1.2.3' })
})
afterEach(() => opened.close())

const send = (body: string, more: object = {}) => opened.post('/api/topics/Orders/messages', { body, ...more })

describe('GET /api/cluster', () => {
  it('tells brokers, totals and what an acknowledgement means', async () => {
    const { status, json } = await opened.ask('/api/cluster')
    expect(status).toBe(200)
    expect(json).toMatchObject({
      console: { version: '1.2.3' },
      namesrv: ['127.0.0.1:9876'],
      totals: { brokers: 1, topics: 1, inRate: 12.5, outRate: 3.25, inToday: 1000, diskBytes: 4096 },
      problems: [],
    })
    expect(json.brokers).toEqual([
      expect.objectContaining({
        ...{ cluster: 'DefaultCluster', brokerName: 'broker-a', role: 'master', address: '10.0.0.1:10911' },
        ...{ version: 'V4_7_1', inYesterday: 400, diskRatio: 0.25, earliestMessageMs: null, outToday: null },
        acknowledgement: {
          flushDiskType: 'SYNC_FLUSH',
          brokerRole: 'ASYNC_MASTER',
          meaning: expect.stringContaining('survive a power loss'),
        },
      }),
    ])
  })

  it('still stands when a broker does not answer', async () => {
    opened.cluster.failures.set('runtimeInfo', new ConsoleError('CLUSTER_TIMEOUT', 'too slow', 'Wait.'))
    const { status, json } = await opened.ask('/api/cluster')
    expect(status).toBe(200)
    expect(json.brokers[0]).toMatchObject({ brokerName: 'broker-a', version: null, inRate: null })
    expect(json.problems).toEqual([expect.stringContaining('broker-a at 10.0.0.1:10911 does not answer: too slow')])
  })

  it('says so when no name server answers', async () => {
    opened.cluster.failures.set('brokers', new ConsoleError('CLUSTER_UNREACHABLE', 'no name server', 'Start one.'))
    expect(await opened.ask('/api/cluster')).toMatchObject({
      status: 503,
      json: { error: { code: 'CLUSTER_UNREACHABLE', message: 'no name server', next: 'Start one.' } },
    })
  })
})

describe('GET /api/topics', () => {
  it('tells kinds and totals, and null for what is not known', async () => {
    await send('one')
    await send('two', { brokerName: 'broker-a', queueId: 1 })
    opened.cluster.committed = new Map([
      ['Orders@shop', 1],
      ['Orders@mail', 2],
    ])
    const { json } = await opened.ask('/api/topics')
    expect(json.topics.map(({ name, kind }: any) => [name, kind])).toEqual([
      ['%RETRY%shop', 'retry'],
      ['Orders', 'normal'],
      ['TBW102', 'system'],
    ])
    expect(json.topics[1]).toMatchObject({ queues: 2, inTotal: 2, stored: 2, outTotal: 3, inRate: null, outRate: null })
  })

  it('does not take the sum of some brokers for the total', async () => {
    opened.cluster.failures.set('committedOffsets', new ConsoleError('CLUSTER_REFUSED', 'will not tell', 'Ask.'))
    const { json } = await opened.ask('/api/topics')
    expect(json.topics[1]).toMatchObject({ name: 'Orders', outTotal: null, outRate: null, inTotal: 0 })
    expect(json.problems).toEqual(['will not tell'])
  })
})

describe('a topic', () => {
  it('is created, looked at, with a name that has to be encoded too', async () => {
    const created = await opened.post('/api/topics', { topic: '%DLQ%shop', writeQueues: 3 })
    expect(created).toMatchObject({ status: 200, json: { topic: '%DLQ%shop', cluster: 'DefaultCluster' } })
    const { json } = await opened.ask('/api/topics/%25DLQ%25shop')
    expect(json).toMatchObject({ name: '%DLQ%shop', kind: 'dlq', route: { queues: [{ writeQueues: 3, perm: 6 }] } })
    expect(json.queues).toHaveLength(3)
    expect(json.queues[0]).not.toHaveProperty('topic')
  })

  it('is not made on one of several clusters by guess', async () => {
    const [place] = opened.cluster.places
    opened.cluster.places = [place!, { ...place!, cluster: 'Other', brokerName: 'broker-b' }]
    const { status, json } = await opened.post('/api/topics', { topic: 'New' })
    expect([status, json.error.message]).toEqual([400, 'there are several clusters: DefaultCluster, Other'])
    expect((await opened.post('/api/topics', { topic: 'New', cluster: 'Other' })).status).toBe(200)
  })

  it('cannot be made without a broker', async () => {
    opened.cluster.places = []
    expect(await opened.post('/api/topics', { topic: 'New' })).toMatchObject({ status: 503 })
  })
})

describe('messages', () => {
  it('one that is sent is in the list, and opens with all it has', async () => {
    const sent = await send('{"id":7,"name":"Jürgen"}', {
      tags: 'A',
      keys: ['k1', 'k2'],
      properties: { colour: 'red' },
    })
    expect(sent).toMatchObject({ status: 200, json: { status: 'SEND_OK', queueId: 0, queueOffset: 0 } })
    const { json } = await opened.ask('/api/topics/Orders/messages')
    expect(json.messages).toEqual([
      expect.objectContaining({
        ...{ msgId: sent.json.msgId, tags: 'A', keys: ['k1', 'k2'], bodyKind: 'json', bodyBytes: 25 },
        preview: '{"id":7,"name":"Jürgen"}',
      }),
    ])
    const opening = await opened.ask('/api/topics/Orders/messages/broker-a/0/0')
    expect(opening.json).toMatchObject({ properties: { colour: 'red' }, storeSize: 116, bodyTruncated: false })
    expect(Buffer.from(opening.json.bodyBase64, 'base64').toString()).toBe('{"id":7,"name":"Jürgen"}')
  })

  it('bytes travel as base64 and are shown as hex', async () => {
    await send(Buffer.from([0, 255, 1]).toString('base64'), { encoding: 'base64' })
    const { json } = await opened.ask('/api/topics/Orders/messages')
    expect(json.messages[0]).toMatchObject({ bodyKind: 'binary', bodyBytes: 3, preview: '00 ff 01' })
  })

  it('of all queues come newest first, with as many reads as a broker needs', async () => {
    for (let i = 0; i < 30; i++) await send(`m${i}`, { brokerName: 'broker-a', queueId: i % 2 })
    const { json } = await opened.ask('/api/topics/Orders/messages?count=25')
    expect(json.messages.map(({ preview }: any) => preview)).toEqual(Array.from({ length: 25 }, (_, i) => `m${29 - i}`))
    expect(json.queues).toMatchObject([{ maxOffset: 15 }, { maxOffset: 15 }])
    expect(json.nextOffset).toBeNull()
  })

  it('of one queue come from an offset on, with the place of the next page', async () => {
    for (let i = 0; i < 30; i++) await send(`m${i}`)
    const { json } = await opened.ask('/api/topics/Orders/messages?queueId=0&offset=10&count=9')
    expect(json.messages.map(({ queueOffset }: any) => queueOffset)).toEqual([18, 17, 16, 15, 14, 13, 12, 11, 10])
    expect(json.nextOffset).toBe(19)
  })

  it('an offset beyond the end is an empty page', async () => {
    const { status, json } = await opened.ask('/api/topics/Orders/messages?queueId=0&offset=99')
    expect([status, json.messages]).toEqual([200, []])
  })
})
