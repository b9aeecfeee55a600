import {
  decodeRecord,
  propertyOf,
  recordsIn,
  RequestCode,
  type MessageRecord,
  type ReceivedCommand,
} from '@mq/protocol'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Bench, properties, type TestClient } from './support/bench.js'

const halfTopic = 'RMQ_SYS_TRANS_HALF_TOPIC'
const opTopic = 'RMQ_SYS_TRANS_OP_HALF_TOPIC'
const givenUpTopic = 'TRANS_CHECK_MAX_TIME_TOPIC'
const commit = 8
const rollback = 12
const intervalMs = 10_000

let bench: Bench
let client: TestClient

/** Producers of the same names come back after a restart of the broker. */
async function connect(name: string): Promise<TestClient> {
  const one = bench.client(name)
  one.handle(RequestCode.CHECK_TRANSACTION_STATE, () => undefined)
  await beat(one)
  return one
}

const beat = (one: TestClient) => one.heartbeat({ producerDataSet: [{ groupName: 'PG' }] })

beforeEach(async () => {
  bench = await Bench.start({ transactionCheckInterval: intervalMs, transactionCheckMax: 3 })
  client = await connect('producer')
})
afterEach(() => bench.close())

interface Half {
  queueOffset: number
  commitLogOffset: number
}

async function sendHalf(body: string, more: Record<string, string> = {}): Promise<Half> {
  const i = properties({ KEYS: 'k', TRAN_MSG: 'true', UNIQ_KEY: `U-${body}`, PGROUP: 'PG', TAGS: 'A', ...more })
  const sent = await client.send('T', body, { e: '2', f: '4', i })
  expect(sent).toMatchObject({ code: 0, extFields: { queueId: '2' } })
  const { queueOffset, msgId } = sent.extFields!
  return { queueOffset: Number(queueOffset), commitLogOffset: Number.parseInt(msgId!.slice(-16), 16) }
}

const endFields = ({ queueOffset, commitLogOffset }: Half, how: number, group = 'PG') => ({
  producerGroup: group,
  tranStateTableOffset: String(queueOffset),
  commitLogOffset: String(commitLogOffset),
  commitOrRollback: String(how),
})
const end = (half: Half, how: number, group?: string) =>
  client.call(RequestCode.END_TRANSACTION, endFields(half, how, group))

/** All of a queue, as a consumer gets it. */
async function contents(topic: string, queueId = 0): Promise<MessageRecord[]> {
  const records: MessageRecord[] = []
  for (;;) {
    const own = { sysFlag: '4', subscription: '*', queueId: String(queueId) }
    const answer = await client.pull(topic, 'CG', records.length, own)
    if (answer.code !== 0) return records
    records.push(...recordsIn(answer.body!))
  }
}
const bodies = async (topic = 'T', queueId = 2) =>
  (await contents(topic, queueId)).map(({ body }) => Buffer.from(body).toString())

const checksAt = (one: TestClient): ReceivedCommand[] =>
  one.asked.filter(({ code }) => code === RequestCode.CHECK_TRANSACTION_STATE)
const halfOf = ({ extFields }: ReceivedCommand): Half => ({
  queueOffset: Number(extFields!.tranStateTableOffset),
  commitLogOffset: Number(extFields!.commitLogOffset),
})
const storedOffsets = () =>
  Buffer.from(bench.host.io.disk.readWhole('/store/config/consumerOffset.json') ?? []).toString()

/** Lets checks happen, with the heartbeats that clients send meanwhile. */
async function pass(ms: number, ...clients: TestClient[]) {
  for (let left = ms; left > 0; left -= 10_000) {
    for (const one of clients.length > 0 ? clients : [client]) await beat(one)
    await bench.sim.run(Math.min(left, 10_000))
  }
}

async function restart(how: 'orderly' | 'power') {
  if (how === 'orderly') await bench.restart()
  else {
    bench.host.kill({ losePower: true })
    bench.host.restart()
    await bench.startBroker()
  }
  client = await connect(`producer-${bench.clients.length}`)
}

describe('a half message', () => {
  test('is seen by nobody, and as 4.7.1 stores it', async () => {
    const half = await sendHalf('x')
    expect(await bodies()).toEqual([])
    const [record] = await contents(halfTopic)
    expect(record).toMatchObject({ topic: halfTopic, queueId: 0, sysFlag: 0, commitLogOffset: half.commitLogOffset })
    const named = ['REAL_TOPIC', 'REAL_QID', 'TRAN_MSG', 'PGROUP', 'UNIQ_KEY', 'TAGS', 'CLUSTER']
    expect(named.map((name) => propertyOf(record!.properties, name))).toEqual([
      'T',
      '2',
      'true',
      'PG',
      'U-x',
      'A',
      'DefaultCluster',
    ])
    expect(bench.broker.topics().get(halfTopic)).toMatchObject({ writeQueueNums: 1, readQueueNums: 1, perm: 6 })
  })

  test('is committed with all it has', async () => {
    const half = await sendHalf('x')
    expect(await end(half, commit)).toMatchObject({ code: 0 })
    const [record] = await contents('T', 2)
    expect(record).toMatchObject({ sysFlag: commit, preparedTransactionOffset: half.commitLogOffset })
    const [stored] = await contents(halfTopic)
    expect(record!.properties).toBe(stored!.properties)
    expect(record!.bornTimestamp).toBe(stored!.bornTimestamp)
    // The op message as the golden store of 4.7.1 has it: the half message's queue offset as its body.
    const [name] = bench.host.io.disk.list('/store/commitlog')
    const log = Buffer.from(bench.host.io.disk.readWhole(`/store/commitlog/${name!}`)!).toString('latin1')
    expect(log).toContain(`\u0000\u0000\u0000\u00010\u001b${opTopic}\u0000\u0011WAIT\u0001true\u0002TAGS\u0001d\u0002`)
    await bench.sim.run(intervalMs + 6000)
    expect(storedOffsets()).toContain(`"${halfTopic}@CID_RMQ_SYS_TRANS":{0:1`)
    expect(storedOffsets()).toContain(`"${opTopic}@CID_RMQ_SYS_TRANS":{0:1`)
    expect(checksAt(client)).toEqual([])
  })

  test('with a delay level comes that much after its commit', async () => {
    const half = await sendHalf('later', { DELAY: '1' })
    await end(half, commit)
    expect(await bodies()).toEqual([])
    await bench.sim.run(1100)
    expect(await bodies()).toEqual(['later'])
  })

  test('is rolled back for good', async () => {
    const half = await sendHalf('x')
    expect(await end(half, rollback)).toMatchObject({ code: 0 })
    expect(await end(half, commit)).toMatchObject({ code: 1, remark: expect.stringMatching(/ended before/) })
    await pass(5 * intervalMs)
    expect(checksAt(client)).toEqual([])
    expect(await bodies()).toEqual([])
  })

  test('is refused where transactions are', async () => {
    await client.call(RequestCode.UPDATE_BROKER_CONFIG, undefined, Buffer.from('rejectTransactionMessage=true'))
    const answer = await client.send('T', 'x', { f: '4', i: properties({ TRAN_MSG: 'true', PGROUP: 'PG' }) })
    expect(answer).toMatchObject({ code: 16, remark: expect.stringMatching(/rejectTransactionMessage/) })
  })

  test('given back by an old consumer is none any more', async () => {
    const sent = await client.send('T', 'again', { e: '2', j: '1', i: properties({ TRAN_MSG: 'true', DELAY: '1' }) })
    expect(sent.code).toBe(0)
    await bench.sim.run(1100)
    expect(await bodies()).toEqual(['again'])
  })
})

describe('an end is refused', () => {
  test('of a message that is not there, or is no half message', async () => {
    const plain = await client.send('T', 'plain')
    const at = Number.parseInt(plain.extFields!.msgId!.slice(-16), 16)
    for (const commitLogOffset of [at, 999_999_999, -1]) {
      const answer = await end({ queueOffset: 0, commitLogOffset }, commit)
      expect(answer).toMatchObject({
        code: 1,
        remark: expect.stringMatching(/no half message is at commit log offset/),
      })
    }
  })

  test('of another group, at another offset, with another outcome', async () => {
    const half = await sendHalf('x')
    const other = await sendHalf('y')
    expect(await end(half, commit, 'PX')).toMatchObject({ code: 1, remark: expect.stringMatching(/another producer/) })
    const mixed = { ...half, queueOffset: other.queueOffset }
    expect(await end(mixed, commit)).toMatchObject({ code: 1, remark: expect.stringMatching(/table offset/) })
    expect(await end(half, 4)).toMatchObject({ code: 1, remark: expect.stringMatching(/8 commits/) })
    expect(await bodies()).toEqual([])
  })

  test('of another message that lies in the place of the one meant', async () => {
    const half = await sendHalf('x')
    const endOf = (msgId: string) =>
      client.call(RequestCode.END_TRANSACTION, { ...endFields(half, commit), msgId, transactionId: msgId })
    expect(await endOf('U-lost')).toMatchObject({ code: 1, remark: expect.stringMatching(/another one than U-lost/) })
    expect(await bodies()).toEqual([])
    expect(await endOf('U-x')).toMatchObject({ code: 0 })
    expect(await bodies()).toEqual(['x'])
  })

  test('when it is the second one, however late', async () => {
    const half = await sendHalf('x')
    await end(half, commit)
    for (let i = 0; i < 3; i++) {
      expect(await end(half, commit)).toMatchObject({ code: 1, remark: expect.stringMatching(/ended before/) })
      await pass(2 * intervalMs)
    }
    expect(await bodies()).toEqual(['x'])
  })
})

describe('a check', () => {
  test('asks a producer about a copy, which it then ends', async () => {
    const half = await sendHalf('x')
    await end(half, 0)
    await pass(2 * intervalMs)
    const [question] = checksAt(client)
    expect(question!.extFields).toMatchObject({ msgId: 'U-x', transactionId: 'U-x', tranStateTableOffset: '1' })
    const record = decodeRecord(question!.body!)
    expect(record).toMatchObject({ topic: 'T', queueId: 2, queueOffset: 1, sysFlag: 0 })
    expect(record.commitLogOffset).toBe(halfOf(question!).commitLogOffset)
    expect(propertyOf(record.properties, 'TRANSACTION_CHECK_TIMES')).toBe('1')
    expect(Buffer.from(record.body).toString()).toBe('x')
    expect(await end(halfOf(checksAt(client).at(-1)!), commit)).toMatchObject({ code: 0 })
    await pass(5 * intervalMs)
    expect(await bodies()).toEqual(['x'])
    expect(await contents(givenUpTopic)).toEqual([])
  })

  test('comes not before transactionTimeOut, nor before the time a message asks for', async () => {
    await bench.sim.run(intervalMs - 1000)
    await sendHalf('young')
    await pass(2000)
    expect(checksAt(client)).toEqual([])
    await sendHalf('immune', { CHECK_IMMUNITY_TIME_IN_SECONDS: '45', TAGS: 'immune' })
    const immune = () => checksAt(client).filter(({ body }) => decodeRecord(body!).properties.includes('U-immune'))
    await pass(intervalMs)
    expect(checksAt(client).length).toBeGreaterThan(0)
    expect(immune()).toEqual([])
  })

  test('leaves out an immune message whose first copy was ended', async () => {
    const born = { g: String(Math.floor(bench.sim.elapsedMs) + Date.UTC(2026, 10, 24, 12)) }
    const i = properties({
      TRAN_MSG: 'true',
      UNIQ_KEY: 'U',
      PGROUP: 'PG',
      CHECK_IMMUNITY_TIME_IN_SECONDS: '60',
    })
    const sent = await client.send('T', 'x', { e: '2', f: '4', i, ...born })
    const commitLogOffset = Number.parseInt(sent.extFields!.msgId!.slice(-16), 16)
    await pass(2 * intervalMs)
    expect(checksAt(client)).toEqual([])
    const copies = await contents(halfTopic)
    expect(copies.length).toBeGreaterThan(1)
    expect(propertyOf(copies.at(-1)!.properties, 'TRAN_PREPARED_QUEUE_OFFSET')).toBe('0')
    expect(propertyOf(copies.at(-1)!.properties, 'TRANSACTION_CHECK_TIMES')).toBeUndefined()
    await restart('orderly')
    expect(await end({ queueOffset: 0, commitLogOffset }, commit)).toMatchObject({ code: 0 })
    await pass(10 * intervalMs)
    expect(checksAt(client)).toEqual([])
    expect(await bodies()).toEqual(['x'])
  })

  test('goes to another producer of the group when the first one has died', async () => {
    await sendHalf('x')
    const other = await connect('other')
    await bench.sim.settle(client.remoting.close())
    await pass(2 * intervalMs, other)
    expect(checksAt(other).length).toBeGreaterThan(0)
    client = other
    await end(halfOf(checksAt(other).at(-1)!), commit)
    expect(await bodies()).toEqual(['x'])
  })

  test('is done transactionCheckMax times, and resumed by an operator', async () => {
    await sendHalf('x')
    await pass(6 * intervalMs)
    expect(checksAt(client)).toHaveLength(3)
    const [record] = await contents(givenUpTopic)
    expect(propertyOf(record!.properties, 'TRANSACTION_CHECK_TIMES')).toBe('3')
    const msgId = `0A00000100002A9F${record!.commitLogOffset.toString(16).toUpperCase().padStart(16, '0')}`
    expect(await client.call(RequestCode.RESUME_CHECK_HALF_MESSAGE, { msgId })).toMatchObject({ code: 0 })
    await pass(2 * intervalMs)
    expect(checksAt(client).length).toBeGreaterThan(3)
    await end(halfOf(checksAt(client).at(-1)!), commit)
    expect(await bodies()).toEqual(['x'])
  })

  test('a late end of the first message ends its copy too', async () => {
    const half = await sendHalf('x')
    await pass(2 * intervalMs)
    expect(checksAt(client).length).toBeGreaterThan(0)
    expect(await end(half, commit)).toMatchObject({ code: 0 })
    const asked = checksAt(client).length
    expect(await end(halfOf(checksAt(client).at(-1)!), commit)).toMatchObject({ code: 1 })
    await pass(4 * intervalMs)
    expect(checksAt(client)).toHaveLength(asked)
    expect(await bodies()).toEqual(['x'])
  })

  test('is resumed only for half messages', async () => {
    const plain = await client.send('T', 'plain')
    const answer = await client.call(RequestCode.RESUME_CHECK_HALF_MESSAGE, { msgId: plain.extFields!.msgId! })
    expect(answer).toMatchObject({ code: 1, remark: expect.stringMatching(/no half message/) })
  })
})

describe('a restart', () => {
  test.each(['orderly', 'power'] as const)('%s, in each state of a transaction', async (how) => {
    const open = await sendHalf('open')
    const committed = await sendHalf('committed')
    const rolledBack = await sendHalf('rolled back')
    await end(committed, commit)
    await end(rolledBack, rollback)
    await restart(how)
    expect(await bodies()).toEqual(['committed'])
    await pass(2 * intervalMs)
    await restart(how)
    await pass(2 * intervalMs)
    const questions = checksAt(client)
    expect(questions.length).toBeGreaterThan(0)
    for (const { body } of questions) expect(Buffer.from(decodeRecord(body!).body).toString()).toBe('open')
    await end(halfOf(questions.at(-1)!), commit)
    await restart(how)
    await pass(4 * intervalMs)
    expect(await bodies()).toEqual(['committed', 'open'])
    expect(open.queueOffset).toBe(0)
  })
})

type Step = ['send' | 'commit' | 'rollback' | 'answer' | 'wait' | 'stop' | 'kill', number]
const step: fc.Arbitrary<Step> = fc.tuple(
  fc.constantFrom('send', 'send', 'commit', 'rollback', 'answer', 'answer', 'wait', 'stop', 'kill'),
  fc.nat(9),
)

test('whatever happens: nothing half is seen, nothing committed is lost', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      await bench.close()
      bench = await Bench.start({ transactionCheckInterval: 1000, transactionTimeOut: 500 })
      client = await connect('producer')
      const sent: Half[] = []
      const outcomes = new Map<string, number>()
      const bodyOf = (index: number) => `m${index}`
      const decide = (body: string, how: number) => {
        if (!outcomes.has(body)) outcomes.set(body, how)
        return outcomes.get(body)!
      }
      const answerChecks = async () => {
        for (const question of checksAt(client)) {
          await end(halfOf(question), decide(Buffer.from(decodeRecord(question.body!).body).toString(), commit))
        }
      }
      for (const [what, pick] of steps) {
        if (what === 'send') sent.push(await sendHalf(bodyOf(sent.length)))
        else if (what === 'commit' || what === 'rollback') {
          const index = pick % Math.max(1, sent.length)
          if (sent.length > 0) await end(sent[index]!, decide(bodyOf(index), what === 'commit' ? commit : rollback))
        } else if (what === 'answer') await answerChecks()
        else if (what === 'wait') await pass(1000 * pick)
        else await restart(what === 'stop' ? 'orderly' : 'power')
        const seen = await bodies()
        for (const body of seen) expect(outcomes.get(body)).toBe(commit)
      }
      for (let i = 0; i < 5; i++) {
        await pass(2000)
        await answerChecks()
      }
      const seen = new Set(await bodies())
      expect([...seen].sort()).toEqual(
        sent
          .map((_, i) => bodyOf(i))
          .filter((body) => outcomes.get(body) === commit)
          .sort(),
      )
      expect(outcomes.size).toBe(sent.length)
    }),
    { numRuns: 25, seed: 7 },
  )
}, 120_000)
