import { readdirSync } from 'node:fs'
import { startLocalCluster, type LocalCluster } from '@mq/cluster'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

/** What each example prints. */
const prints: Record<string, (string | RegExp)[]> = {
  'abort.ts': ['ABORTED'],
  'batch.ts': ['0 1 2'],
  'broadcasting.ts': ['first: forget what you cached', 'second: forget what you cached'],
  'consume-batches.ts': ['no number: thirty', 'once more'],
  'delay.ts': ['later'],
  'diagnose.ts': ['something is wrong; 1 broker', /^TOPIC_NOT_FOUND: .*ExampleNobodyMadeThis/],
  'middleware.ts': ['begin one', 'work', 'end one: "success"'],
  'namespace.ts': [
    'red sent to ExampleNamespace',
    'blue sent to ExampleNamespace',
    'blue%ExampleNamespace, red%ExampleNamespace',
  ],
  'oneway.ts': ['gone'],
  'ordered.ts': ['made', 'paid', 'paid', 'sent'],
  'pause.ts': ['one', 'paused', 'two'],
  'pull.ts': ['one', 'two', 'three', 'once more: three'],
  'queue.ts': ['one queue'],
  'request-reply.ts': ['42'],
  'retry-and-dead-letter.ts': ['try 1', 'try 2', 'try 3', 'given up: hopeless (order-7)'],
  'send.ts': ['SEND_OK in ExampleSend', 'hello'],
  'sql-filter.ts': ['150 euros', 'EXPRESSION_REFUSED'],
  'trace.ts': ['ExampleTrace'],
  'transaction.ts': ['out of stock', 'order 1, order 3'],
  'typed-topic.ts': ['a value of topic ExampleTyped does not fit its schema: id: must be a number', '8'],
}

let cluster: LocalCluster

beforeAll(async () => {
  cluster = await startLocalCluster({ memory: true, namesrvPort: 0, brokerPort: 0 })
  process.env.NAMESRV = cluster.namesrv
}, 60_000)

afterAll(async () => {
  delete process.env.NAMESRV
  await cluster?.close()
}, 60_000)

test('each example is tested', () => {
  expect(readdirSync(new URL('../src', import.meta.url)).sort()).toEqual(Object.keys(prints).sort())
})

test.each(Object.entries(prints))(
  '%s',
  async (file, expected) => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    try {
      await import(`../src/${file.slice(0, -3)}.ts`)
      const lines = log.mock.calls.map((line) => line.join(' '))
      expect(lines).toEqual(expected.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))))
    } finally {
      log.mockRestore()
    }
  },
  120_000,
)
