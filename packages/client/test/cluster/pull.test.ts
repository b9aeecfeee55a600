import { describe, expect, test } from 'vitest'
import { PullConsumer } from '../../src/index.js'
import { ClusterSuite, numbered } from './cluster-suite.js'

const suite = new ClusterSuite()

describe('pull consumer', () => {
  test('iterates, seeks and commits', async () => {
    const topic = await suite.newTopic(1)
    await suite.sendAll(numbered(topic, 30))
    const reader = new PullConsumer({
      namesrv: suite.namesrv,
      group: suite.unique('CG'),
      consumeFrom: 'first',
      subscriptions: { [topic]: '*' },
    })
    suite.closing(reader)
    await reader.start()
    const seen: string[] = []
    for await (const message of reader) if (seen.push(message.text()) === 30) break
    expect(seen).toEqual(numbered(topic, 30).map((one) => one.body))
    await reader.commit()
    const [queue] = reader.queues
    expect(await suite.admin.consumerOffset(reader.group, queue!)).toBe(30)
    await reader.seek(queue!, 28)
    expect((await reader.poll()).map((one) => one.text())).toEqual(['28', '29'])
  })

  test('reads assigned queues', async () => {
    const topic = await suite.newTopic(2)
    const reader = await new PullConsumer({
      namesrv: suite.namesrv,
      group: suite.unique('CG'),
      consumeFrom: 'first',
    }).start()
    suite.closing(reader)
    const queues = await reader.topicQueues(topic)
    await suite.producer.send({ topic, body: 'one' }, { queue: queues[1] })
    await suite.producer.send({ topic, body: 'other' }, { queue: queues[0] })
    await reader.assign([queues[1]!])
    expect((await reader.poll()).map((one) => one.text())).toEqual(['one'])
  })
})
