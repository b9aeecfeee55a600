import { RequestCode, requestCommand, type ExtFields } from '@mq/protocol'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { processors } from '../src/processors/index.js'
import { Bench } from './support/bench.js'

const words = (text: string) => text.split(' ')
/** Names of all header fields the codes know, long and short form, by what belongs in them. */
const texts = words(
  'a b c topic consumerGroup producerGroup group defaultTopic subscription expressionType originMsgId originTopic key ' +
    'clientID clientId clientAddr msgId brokerName topicFilterType groupName statsName statsKey srcGroup destGroup ' +
    'compareGroup filterGroups __proto__ constructor',
)
const numbers = words(
  'd e f g h j l queueId queueOffset maxMsgNums sysFlag commitOffset suspendTimeoutMillis subVersion bornTimestamp flag ' +
    'defaultTopicQueueNums reconsumeTimes maxReconsumeTimes offset delayLevel maxNum beginTimestamp endTimestamp timestamp ' +
    'readQueueNums writeQueueNums perm topicSysFlag index count',
)
const flags = words('k m unitMode batch _UNIQUE_KEY_QUERY jstackEnable order isForce isOrder offline')

const hostile = fc.oneof(
  fc.constantFrom('', '../x', 'a\u0000b', 'T'.repeat(10_240), '__proto__', 'NaN', '1e9', ' 1', '0x10', 'true', '*'),
  fc.constantFrom('-1', '-2147483648', '2147483647', '9007199254740991', '9007199254740993', '9223372036854775807'),
  fc.constantFrom('SQL92', 'A || B', 'SCHEDULE_TOPIC_XXXX', '%RETRY%CG', 'RMQ_SYS_TRANS_HALF_TOPIC'),
  fc.string({ maxLength: 40 }),
)
const mostly = (usual: fc.Arbitrary<string>) =>
  fc.oneof(
    { weight: 40, arbitrary: usual },
    { weight: 1, arbitrary: hostile },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
const stored = fc.constantFrom(
  '',
  'DELAY\u00011\u0002',
  'WAIT\u0001false\u0002TAGS\u0001A\u0002',
  '\u0001\u0002\u0001',
  'CLUSTER\u0001x',
)
const fields: [string, fc.Arbitrary<string | undefined>][] = [
  ...texts.map((name) => [name, mostly(fc.constantFrom('T', 'T', 'CG'))] as [string, fc.Arbitrary<string | undefined>]),
  ...numbers.map(
    (name) => [name, mostly(fc.integer({ min: 0, max: 4 }).map(String))] as [string, fc.Arbitrary<string | undefined>],
  ),
  ...flags.map(
    (name) => [name, mostly(fc.constantFrom('true', 'false'))] as [string, fc.Arbitrary<string | undefined>],
  ),
  ['i', mostly(stored)],
  ['properties', mostly(stored)],
]
const extFields = fc
  .tuple(...fields.map(([, value]) => value))
  .map((values) =>
    Object.fromEntries(fields.flatMap(([name], i) => (values[i] === undefined ? [] : [[name, values[i]]]))),
  )
  .map((some) => some as ExtFields)
const json = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.constantFrom(
    '{"clientID":"c","consumerDataSet":[{"groupName":"CG","subscriptionDataSet":[{"topic":"T"}]}]}',
    '{"clientID":"c","consumerDataSet":[null],"producerDataSet":{}}',
    '{"clientId":"c","consumerGroup":"CG","mqSet":[{"topic":"T","brokerName":"broker-a","queueId":0}]}',
    '{"groupName":"G","retryMaxTimes":"x"}',
    '{'.repeat(10_000),
    '{"$ref":"$"}',
    'brokerPermission=6\n__proto__=x',
  ),
)
const body = fc.option(
  fc.oneof(
    json.map((text) => Buffer.from(text)),
    fc.uint8Array({ maxLength: 200 }),
  ),
  { nil: undefined },
)

const codes = [...processors.keys(), 0, 9999, -1]

test.each(codes)('code %i gets exactly one answer, whatever its fields are', async (code) => {
  const bench = await Bench.start()
  const client = bench.client()
  await client.send('T', 'x')
  await client.consume('CG', 'T')
  let taken = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(extFields, body), { minLength: 1, maxLength: 8 }), async (requests) => {
      const answers = await bench.sim.settle(
        Promise.all(requests.map(([fields, bytes]) => client.begin(code, fields, bytes))),
        300_000,
      )
      for (const answer of answers) {
        expect(answer.code).toBeGreaterThanOrEqual(0)
        if (answer.code === 0) taken++
        expect(answer.remark ?? '').not.toMatch(/failed on the server|Exception|Cannot read|undefined/)
      }
      expect(client.strayAnswers).toEqual([])
    }),
    { numRuns: 60, seed: 7 },
  )
  // The fields are good enough for these to be carried out now and then.
  if ([10, 310, 11, 34, 36].includes(code)) expect(taken).toBeGreaterThan(0)
  expect((await client.call(RequestCode.GET_ALL_TOPIC_CONFIG)).code).toBe(0)
  await bench.close()
})

test('one-way requests are never answered', async () => {
  const bench = await Bench.start()
  const client = bench.client()
  for (const code of codes)
    await bench.sim.settle(client.remoting.send(bench.address, requestCommand(code, { topic: '../x' })))
  await bench.sim.run(30_000)
  expect(client.strayAnswers).toEqual([])
  expect((await client.send('T', 'x')).code).toBe(0)
  await bench.close()
})

test('fields as numbers, as ali-ons sends them, are taken', async () => {
  const bench = await Bench.start()
  const client = bench.client()
  const sent = await client.call(
    RequestCode.SEND_MESSAGE_V2,
    {
      a: 'PG',
      b: 'T',
      c: 'TBW102',
      d: 4,
      e: 0,
      f: 0,
      g: 1_795_347_944_162,
      h: 0,
      i: '',
      j: 0,
      k: false,
    } as unknown as ExtFields,
    Buffer.from('x'),
  )
  expect(sent.code).toBe(0)
  await bench.close()
})
