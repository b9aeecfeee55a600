import { describe, expect, test, vi } from 'vitest'
import { Producer, PushConsumer, type ClientError, type ReceivedMessage } from '../../src/index.js'
import { ClusterSuite } from './cluster-suite.js'

const suite = new ClusterSuite()

describe('request and reply', () => {
  test('each request gets its own reply, and one that nobody answers an error', async () => {
    const topic = await suite.newTopic()
    const producer = await suite.closing(new Producer({ namesrv: suite.namesrv, group: suite.unique('PG') })).start()
    const server = suite.closing(
      new PushConsumer({ namesrv: suite.namesrv, group: suite.unique('CG'), consumeFrom: 'first' }),
    )
    await server.subscribe(topic, '*', async (message) => {
      if (message.text() !== 'ignore me') await producer.reply(message, message.text().toUpperCase())
    })
    await server.start()
    const questions = [...Array.from({ length: 20 }, (_, i) => `q${i}`), 'long '.repeat(5000)]
    const replies = await Promise.all(questions.map((body) => producer.request({ topic, body }, { timeout: 30_000 })))
    expect(replies.map((one) => one.text())).toEqual(questions.map((body) => body.toUpperCase()))
    const unanswered = producer.request({ topic, body: 'ignore me' }, { timeout: 1000 })
    await expect(unanswered).rejects.toMatchObject({ code: 'NO_REPLY' })
  })

  test('a reply to one who is gone says so', async () => {
    const topic = await suite.newTopic()
    const options = { namesrv: suite.namesrv, retries: 0 }
    const replier = await suite.closing(new Producer({ ...options, group: suite.unique('PG') })).start()
    const asker = await new Producer({ ...options, group: suite.unique('PG'), clientId: suite.unique('gone') }).start()
    const asked = asker.request({ topic, body: 'x' }, { timeout: 20_000 }).catch((error: ClientError) => error.code)
    const held: ReceivedMessage[] = []
    const server = suite.closing(
      new PushConsumer({ namesrv: suite.namesrv, group: suite.unique('CG'), consumeFrom: 'first' }),
    )
    await server.subscribe(topic, '*', (message) => void held.push(message))
    await server.start()
    await vi.waitFor(() => expect(held).toHaveLength(1), { timeout: 15_000 })
    await asker.close()
    expect(await asked).toBe('CLOSED')
    await expect(replier.reply(held[0]!, 'too late')).rejects.toMatchObject({ code: 'REFUSED' })
  })
})
