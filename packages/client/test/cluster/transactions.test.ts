import { describe, expect, test, vi } from 'vitest'
import { PushConsumer, TransactionProducer, type TransactionState } from '../../src/index.js'
import { ClusterSuite } from './cluster-suite.js'

const suite = new ClusterSuite()

async function textsOf(topic: string): Promise<string[]> {
  const texts: string[] = []
  const consumer = suite.closing(
    new PushConsumer({ namesrv: suite.namesrv, group: suite.unique('CG'), consumeFrom: 'first' }),
  )
  await consumer.subscribe(topic, '*', (message) => void texts.push(message.text()))
  await consumer.start()
  return texts
}

describe('transactions', () => {
  test('a message is seen after its commit, never before, and never after a rollback', async () => {
    const topic = await suite.newTopic()
    const texts = await textsOf(topic)
    const options = { namesrv: suite.namesrv, group: suite.unique('PG'), check: (): TransactionState => 'unknown' }
    const producer = await suite.closing(new TransactionProducer(options)).start()
    const committed = await producer.sendInTransaction({ topic, body: 'first' }, async ({ half }) => {
      // The half message is stored; whatever was sent after it and is seen shows that it is not.
      await producer.send({ topic, body: 'marker' })
      await vi.waitFor(() => expect(texts).toEqual(['marker']), { timeout: 15_000 })
      expect(half.status).toBe('SEND_OK')
    })
    await vi.waitFor(() => expect(texts).toEqual(['marker', 'first']), { timeout: 15_000 })
    await producer.sendInTransaction({ topic, body: 'second' }, () => 'rollback')
    const thrown = producer.sendInTransaction({ topic, body: 'third' }, () => Promise.reject(new Error('no')))
    await expect(thrown).rejects.toThrow('no')
    await producer.sendInTransaction({ topic, body: 'last' }, () => 'commit')
    await vi.waitFor(() => expect(texts).toEqual(['marker', 'first', 'last']), { timeout: 15_000 })
    expect(committed.transactionId).toBe(committed.msgId)
  })

  test('what was left unknown is asked about, also when its producer is gone', async () => {
    const topic = await suite.newTopic()
    const texts = await textsOf(topic)
    const group = suite.unique('PG')
    const asked = new Set<string>()
    const make = (clientId: string) =>
      suite
        .closing(
          new TransactionProducer({
            ...{ namesrv: suite.namesrv, group, clientId },
            check: (message) => {
              asked.add(`${message.topic} ${message.text()}`)
              return message.text() === 'yes' ? 'commit' : 'rollback'
            },
          }),
        )
        .start()
    const first = await make(suite.unique('first'))
    for (const body of ['yes', 'no']) await first.sendInTransaction({ topic, body }, () => 'unknown')
    await first.close()
    const second = await make(suite.unique('second'))
    // It becomes known to the broker by what it sends.
    await second.send({ topic, body: 'hello' })
    await vi.waitFor(() => expect([...asked].sort()).toEqual([`${topic} no`, `${topic} yes`]), { timeout: 150_000 })
    await vi.waitFor(() => expect([...texts].sort()).toEqual(['hello', 'yes']), { timeout: 15_000 })
  })
})
