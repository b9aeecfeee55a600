import { describe, expect, test } from 'vitest'
import { AdminClient, Producer } from '../../src/index.js'
import { ClusterSuite, eventually, numbered, texts } from './cluster-suite.js'

const suite = new ClusterSuite()

/** The servers have a certificate that they, or a test, made by themselves. */
const taken = { rejectUnauthorized: false }

describe('TLS', () => {
  test('clients with TLS and without it meet at the same ports', async () => {
    const topic = await suite.newTopic(2)
    const options = { namesrv: suite.namesrv, tls: taken }
    const producer = await suite.closing(new Producer({ ...options, group: suite.unique('PG') })).start()
    const secure = await suite.consumer(topic, { tls: taken })
    const plain = await suite.consumer(topic)
    await Promise.all(numbered(topic, 20).map((one) => producer.send(one)))
    await suite.producer.send({ topic, body: 'large '.repeat(100_000) })
    await eventually(() => [secure, plain].every(({ received }) => received.length >= 21))
    expect(texts(secure.received)).toEqual(texts(plain.received))
    const admin = suite.closing(new AdminClient(options))
    expect(await admin.topicList()).toContain(topic)
  })

  test('a certificate that nobody vouches for is refused unless the client says otherwise', async () => {
    const producer = suite.closing(new Producer({ namesrv: suite.namesrv, tls: true, group: suite.unique('PG') }))
    const sent = producer.start().then(() => producer.send({ topic: suite.unique('T'), body: 'x' }))
    await expect(sent).rejects.toThrow(/certificate/)
  })
})
