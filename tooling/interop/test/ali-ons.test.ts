import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { removeFolders, runBin, startMqCluster, type MqCluster } from '../src/mq-cluster.js'

const { Producer, Consumer, Message } = createRequire(import.meta.url)('ali-ons')
const logger = { info() {}, debug() {}, warn() {}, error: console.error }

describe('ali-ons on MQ', () => {
  let cluster: MqCluster

  beforeAll(async () => {
    cluster = await startMqCluster()
    // This client does not know of topics that come into being by a first message.
    const made = await runBin(
      'mqadmin',
      'updateTopic',
      '-b',
      cluster.brokerAddress,
      '-t',
      'AliOnsTopic',
      '-n',
      cluster.namesrv,
    )
    expect(made.code, made.stderr).toBe(0)
  })
  afterAll(async () => {
    await cluster?.stop()
    removeFolders()
  })

  test('what it sends it consumes, with tags, keys and properties', async () => {
    const settings = { nameSrv: cluster.namesrv, httpclient: {}, logger }
    const producer = new Producer({ ...settings, producerGroup: 'ali_ons_producer' })
    await producer.ready()
    const sent = new Map<string, string>()
    for (let i = 0; i < 50; i++) {
      const message = new Message('AliOnsTopic', i % 2 ? 'odd' : 'even', `body-${i}-é中`)
      message.keys = [`key${i}`]
      message.properties.number = String(i)
      const result = await producer.send(message)
      expect(result.sendStatus).toBe('SEND_OK')
      sent.set(`body-${i}-é中`, `key${i} ${i % 2 ? 'odd' : 'even'} ${i}`)
    }
    const consumer = new Consumer({
      ...settings,
      consumerGroup: 'ali_ons_consumer',
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    })
    const got = new Map<string, string>()
    const all = new Promise<void>((done) => {
      consumer.subscribe('AliOnsTopic', '*', async (message: any) => {
        got.set(String(message.body), `${message.keys} ${message.tags} ${message.properties.number}`)
        if (got.size === sent.size) done()
      })
    })
    await all
    expect(got).toEqual(sent)
    await consumer.close()
    await producer.close()
  })
})
