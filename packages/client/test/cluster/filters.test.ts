import { describe, expect, test } from 'vitest'
import { PushConsumer } from '../../src/index.js'
import { ClusterSuite, eventually, numbered, pause } from './cluster-suite.js'

const suite = new ClusterSuite()

describe('tag filter', () => {
  test('tags are filtered', async () => {
    const topic = await suite.newTopic()
    const { received } = await suite.consumer(topic, { expression: 'A || C' })
    await suite.sendAll(['A', 'B', 'C', 'D'].flatMap((tags) => numbered(topic, 5, { tags })))
    await eventually(() => received.length >= 10)
    await pause(200)
    expect(new Set(received.map((one) => one.tags))).toEqual(new Set(['A', 'C']))
    expect(received).toHaveLength(10)
  })
})

describe('SQL92 filter', () => {
  const cases: [sql: string, bodies: string[]][] = [
    ['n > 2', ['3', '4', '5']],
    ['n BETWEEN 1 AND 2', ['1', '2']],
    ["colour IN ('red', 'blue') AND n <> 1", ['3', '4']],
    ['colour IS NULL', ['0', '5']],
    ["NOT (colour = 'red')", ['2', '4']],
    ["TAGS = 'even' AND n >= 2", ['2', '4']],
    ['flag = TRUE', ['1', '3', '5']],
  ]
  const colours = [undefined, 'red', 'green', 'red', 'blue', undefined]

  test('brings what the expression is true for, and nothing else', async () => {
    const topic = await suite.newTopic()
    const consumers = await Promise.all(cases.map(([sql]) => sqlConsumer(topic, sql)))
    const sent = await suite.sendAll(
      colours.map((colour, n) => ({
        ...{ topic, body: `${n}`, tags: n % 2 === 0 ? 'even' : 'odd' },
        properties: { n: `${n}`, flag: n % 2 === 0 ? 'FALSE' : 'TRUE', ...(colour && { colour }) },
      })),
    )
    expect(sent).toHaveLength(6)
    await eventually(() => consumers.every((bodies, i) => bodies.length >= cases[i]![1].length))
    await pause(500)
    expect(consumers.map((bodies) => [...bodies].sort())).toEqual(cases.map(([, bodies]) => bodies))
  })

  test('an expression that is no expression is refused at the start', async () => {
    const topic = await suite.newTopic()
    const subscriptions = { [topic]: { sql: 'n > ' } }
    const options = { namesrv: suite.namesrv, group: suite.unique('CG'), handler: () => {}, subscriptions }
    const consumer = suite.closing(new PushConsumer(options))
    await expect(consumer.start()).rejects.toMatchObject({ code: 'EXPRESSION_REFUSED' })
  })

  async function sqlConsumer(topic: string, sql: string): Promise<string[]> {
    const bodies: string[] = []
    const options = { namesrv: suite.namesrv, group: suite.unique('CG'), consumeFrom: 'first' } as const
    const consumer = suite.closing(new PushConsumer(options))
    await consumer.subscribe(topic, { sql }, (message) => void bodies.push(message.text()))
    await consumer.start()
    return bodies
  }
})
