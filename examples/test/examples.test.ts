import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalCluster, type LocalCluster } from '@mq/cluster'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

/** What each example prints. */
const prints: Record<string, (string | RegExp)[]> = {
  'abort.ts': ['ABORTED', 'ABORTED'],
  'access-control.ts': ['SEND_OK', 'REFUSED 16'],
  'acknowledgement.ts': ['SEND_OK', 'SEND_OK'],
  'admin.ts': [
    'consumed x',
    'subscribed to %RETRY%ExampleAdminReaders,ExampleAdmin',
    'says how its event loop does',
    'consumed x',
    'CR_SUCCESS',
  ],
  'allocation.ts': ['0 and 1,2,3'],
  'batch.ts': ['0 1 2'],
  'broadcasting.ts': ['first: forget what you cached', 'second: forget what you cached'],
  'compression.ts': ['16000 in less than 1000 bytes', '16000 as it is'],
  'consume-batches.ts': ['no number: thirty', 'once more'],
  'delay.ts': ['later'],
  'diagnose.ts': ['something is wrong; 1 broker', /^TOPIC_NOT_FOUND: .*ExampleNobodyMadeThis/],
  'events.ts': ['5 members share 4 queues: member-4 has none'],
  'limits.ts': ['MESSAGE_INVALID', 'MESSAGE_INVALID', 'NO_QUEUE'],
  'middleware.ts': ['begin one', 'work', 'end one: "success"'],
  'namespace.ts': [
    'red sent to ExampleNamespace',
    'blue sent to ExampleNamespace',
    'blue%ExampleNamespace, red%ExampleNamespace',
  ],
  'oneway.ts': ['gone'],
  'ordered-batches.ts': ['made,paid,sent,received', 'made,paid,sent,received'],
  'ordered.ts': ['made', 'paid', 'paid', 'sent'],
  'pause.ts': ['one', 'paused', 'two'],
  'pull.ts': ['one', 'two', 'three', 'once more: three'],
  'query.ts': ['second with key order-7', 'at its time: 1', 'from 0 to 2', 'oldest before it: true', 'first,second'],
  'queue.ts': ['one queue'],
  'request-reply.ts': ['42'],
  'reset-offset.ts': ['one,two,two'],
  'retry-and-dead-letter.ts': ['try 1', 'try 2', 'try 3', 'given up: hopeless (order-7)'],
  'send.ts': ['SEND_OK in ExampleSend', 'hello'],
  'sql-filter.ts': ['150 euros', 'EXPRESSION_REFUSED'],
  'subscriptions.ts': ['an order', 'a return'],
  'tls.ts': ['nobody listens in'],
  'trace-context.ts': ['send ExampleTraceContext in the same trace', 'process ExampleTraceContext in the same trace'],
  'trace.ts': ['ExampleTrace'],
  'transaction.ts': ['out of stock', 'order 1, order 3'],
  'typed-topic.ts': ['a value of topic ExampleTyped does not fit its schema: id: must be a number', '8'],
}

/** Run on the cluster with access control. */
const guardedExample = 'access-control.ts'
const folder = mkdtempSync(join(tmpdir(), 'mq-examples-'))
const pem = (name: string) =>
  readFileSync(new URL(`../../packages/io/test/fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
const place = { memory: true, namesrvPort: 0, brokerPort: 0 }
let cluster: LocalCluster
let guarded: LocalCluster

beforeAll(async () => {
  cluster = await startLocalCluster({
    ...place,
    tls: { server: { mode: 'permissive', key: pem('key'), cert: pem('cert') } },
  })
  const file = join(folder, 'plain_acl.yml')
  writeFileSync(file, 'accounts:\n- accessKey: orders-service\n  secretKey: a-long-secret\n  admin: true\n')
  guarded = await startLocalCluster({ ...place, brokerConfig: { aclEnable: 'true', 'rocketmq.acl.plain.file': file } })
}, 60_000)

afterAll(async () => {
  delete process.env.NAMESRV
  await cluster?.close()
  await guarded?.close()
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

test('each example is tested', () => {
  expect(readdirSync(new URL('../src', import.meta.url)).sort()).toEqual(Object.keys(prints).sort())
})

test.each(Object.entries(prints))(
  '%s',
  async (file, expected) => {
    process.env.NAMESRV = (file === guardedExample ? guarded : cluster).namesrv
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
