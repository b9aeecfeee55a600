import {
  decodeHeartbeatData,
  decodeProperties,
  requestCommand,
  RequestCode,
  type Answer,
  type ReceivedCommand,
} from '@mq/protocol'
import { describe, expect, test } from 'vitest'
import { TransactionProducer, type ClientError, type TransactionCheck } from '../../src/index.js'
import { FakeCluster } from '../support/fake-cluster.js'

const { END_TRANSACTION, SEND_MESSAGE_V2, CHECK_TRANSACTION_STATE } = RequestCode
const message = { topic: 'Orders', body: 'pay', keys: 'o-1' }

async function setUp(check: TransactionCheck = () => 'unknown', answer: Answer = { code: 0 }) {
  const cluster = await new FakeCluster().start(1, { Orders: 4 })
  const broker = cluster.broker()
  broker.intercept = ({ code }) => (code === END_TRANSACTION ? answer : undefined)
  const producer = await cluster.sim.settle(new TransactionProducer({ ...cluster.options, group: 'PG', check }).start())
  const ends = () => broker.requestsOf(END_TRANSACTION)
  return { cluster, broker, producer, ends, settle: <T>(promise: Promise<T>) => cluster.sim.settle(promise) }
}

const failure = (promise: Promise<unknown>): Promise<ClientError> =>
  promise.then(
    () => expect.fail('it did not fail'),
    (error) => error as ClientError,
  )

describe('close', () => {
  test('waits for a transaction that runs, and takes no more', async () => {
    const { cluster, producer, ends, settle } = await setUp()
    let finish = (): void => {}
    const running = producer.sendInTransaction(message, () => new Promise<void>((resolve) => (finish = resolve)))
    await cluster.sim.run(100)
    const closing = producer.close()
    const local = () => expect.fail('it ran')
    const refused = [producer.send(message), producer.sendInTransaction(message, local), producer.sendBatch([message])]
    const codes = await settle(Promise.all(refused.map((one) => failure(one))))
    expect(codes.map(({ code }) => code)).toEqual(['CLOSED', 'CLOSED', 'CLOSED'])
    finish()
    expect(await settle(running)).toMatchObject({ state: 'commit' })
    await settle(closing)
    expect(ends()).toHaveLength(1)
  })
})

describe('a transaction', () => {
  test('sends a half message with the properties and the flag of the Java client, then commits it', async () => {
    const { broker, producer, ends, settle } = await setUp()
    const order: string[] = []
    const result = await settle(
      producer.sendInTransaction(message, ({ transactionId, half }) => {
        order.push(`local ${ends().length}`)
        expect(transactionId).toBe(half.msgId)
      }),
    )
    expect(order).toEqual(['local 0'])
    const [half] = broker.requestsOf(SEND_MESSAGE_V2)
    expect(half!.extFields).toMatchObject({ a: 'PG', f: '4', m: 'false' })
    expect({ ...decodeProperties(half!.extFields!.i!) }).toEqual({
      KEYS: 'o-1',
      TRAN_MSG: 'true',
      PGROUP: 'PG',
      UNIQ_KEY: result.msgId,
      WAIT: 'true',
    })
    expect(result).toMatchObject({ state: 'commit', transactionId: result.msgId, status: 'SEND_OK' })
    expect(ends().map((one) => one.extFields)).toEqual([
      {
        producerGroup: 'PG',
        tranStateTableOffset: String(result.queueOffset),
        commitLogOffset: String(Number.parseInt(result.offsetMsgId.slice(16), 16)),
        commitOrRollback: '8',
        fromTransactionCheck: 'false',
        msgId: result.msgId,
        transactionId: result.msgId,
      },
    ])
  })

  test.each([
    ['commit', '8'],
    ['rollback', '12'],
    ['unknown', '0'],
  ] as const)('that says %s ends with %s', async (state, code) => {
    const { cluster, producer, ends, settle } = await setUp()
    expect(await settle(producer.sendInTransaction(message, async () => state))).toMatchObject({ state })
    await cluster.sim.run(100)
    expect(ends().map((one) => one.extFields!.commitOrRollback)).toEqual([code])
  })

  test('that throws is rolled back, and its caller gets what was thrown', async () => {
    const { producer, ends, settle } = await setUp()
    const thrown = new Error('no money')
    const error = await settle(
      failure(
        producer.sendInTransaction(message, () => {
          throw thrown
        }),
      ),
    )
    expect(error).toBe(thrown)
    expect(ends()[0]).toMatchObject({ remark: 'the local transaction threw no money' })
    expect(ends()[0]!.extFields!.commitOrRollback).toBe('12')
  })

  test('is not run for a half message that the broker does not vouch for', async () => {
    const { broker, producer, ends, settle } = await setUp()
    broker.intercept = ({ code }) => {
      if (code === END_TRANSACTION) return { code: 0 }
      if (code !== SEND_MESSAGE_V2) return undefined
      return { code: 10, extFields: { msgId: `0A000001${'0'.repeat(24)}`, queueId: '0', queueOffset: '3' } }
    }
    const error = await settle(failure(producer.sendInTransaction(message, () => expect.fail('it was run'))))
    expect(error).toMatchObject({ code: 'TRANSACTION_ROLLED_BACK', retryable: true })
    expect(ends()[0]!.extFields!.commitOrRollback).toBe('12')
  })

  test('whose end the broker does not hear has done its part: the check does the rest', async () => {
    const { producer, settle } = await setUp(undefined, { code: 1, remark: 'not now' })
    expect(await settle(producer.sendInTransaction(message, () => 'commit'))).toMatchObject({ state: 'commit' })
  })

  test('cannot be delayed, and may ask for a later check', async () => {
    const { broker, producer, settle } = await setUp()
    const error = await settle(failure(producer.sendInTransaction({ ...message, delayLevel: 1 }, () => 'commit')))
    expect(error.code).toBe('MESSAGE_INVALID')
    await settle(producer.sendInTransaction(message, () => 'commit', { checkImmunitySeconds: 60 }))
    const [half] = broker.requestsOf(SEND_MESSAGE_V2)
    expect(decodeProperties(half!.extFields!.i!).CHECK_IMMUNITY_TIME_IN_SECONDS).toBe('60')
  })

  test('that runs is waited for at the end', async () => {
    const { cluster, producer, ends, settle } = await setUp()
    let finish = (): void => {}
    const sent = producer.sendInTransaction(message, () => new Promise((resolve) => (finish = () => resolve('commit'))))
    await cluster.sim.run(100)
    const closed = producer.close()
    await cluster.sim.run(100)
    finish()
    expect(await settle(sent)).toMatchObject({ state: 'commit' })
    await settle(closed)
    expect(ends()).toHaveLength(1)
  })
})

describe('a check', () => {
  /** What a broker sends (39): the record of the half message as its body. */
  async function askAfter(check: TransactionCheck, properties = 'PGROUP\u0001PG\u0002UNIQ_KEY\u0001U1\u0002') {
    const made = await setUp(check)
    const { broker, cluster, producer, settle } = made
    await settle(producer.sendInTransaction(message, () => 'unknown'))
    const offset = broker.store('Orders', 0, Buffer.from('pay'), properties)
    const body = broker.queues.get('Orders/0')![offset]!
    const extFields = { tranStateTableOffset: '7', commitLogOffset: '700', msgId: 'U1', transactionId: 'U1' }
    const ask = () => broker.channelOf(producer.clientId).send(requestCommand(CHECK_TRANSACTION_STATE, extFields, body))
    const answers = () => made.ends().filter((one: ReceivedCommand) => one.extFields!.fromTransactionCheck === 'true')
    ask()
    await cluster.sim.run(1000)
    return { ...made, ask, answers }
  }

  test.each([
    ['commit', '8'],
    ['rollback', '12'],
    ['unknown', '0'],
  ] as const)('that finds %s is answered with %s', async (state, code) => {
    const seen: string[] = []
    const { answers } = await askAfter(async (one) => {
      seen.push(one.text())
      return state
    })
    expect(seen).toEqual(['pay'])
    expect(answers().map((one) => one.extFields)).toEqual([
      {
        producerGroup: 'PG',
        tranStateTableOffset: '7',
        commitLogOffset: '700',
        commitOrRollback: code,
        fromTransactionCheck: 'true',
        msgId: 'U1',
        transactionId: 'U1',
      },
    ])
  })

  test('that throws is unknown: the broker asks again', async () => {
    const { answers, ask, cluster } = await askAfter(() => {
      throw new Error('database away')
    })
    expect(answers()[0]).toMatchObject({ remark: 'the check threw database away' })
    ask()
    await cluster.sim.run(1000)
    expect(answers().map((one) => one.extFields!.commitOrRollback)).toEqual(['0', '0'])
  })

  test('runs once for a message, however often the broker asks meanwhile', async () => {
    let runs = 0
    const { ask, cluster } = await askAfter(() => {
      runs++
      return new Promise(() => {})
    })
    ask()
    await cluster.sim.run(1000)
    expect(runs).toBe(1)
  })

  test('of a message in a namespace shows its topic without it', async () => {
    const cluster = await new FakeCluster().start(1, { 'tenant%Orders': 1 })
    const { sim } = cluster
    const broker = cluster.broker()
    broker.intercept = ({ code }) => (code === END_TRANSACTION ? { code: 0 } : undefined)
    const seen: string[] = []
    const check: TransactionCheck = ({ topic }) => (seen.push(topic), 'commit')
    const producer = new TransactionProducer({ ...cluster.options, group: 'PG', namespace: 'tenant', check })
    await sim.settle(producer.start())
    await sim.settle(producer.sendInTransaction(message, () => 'unknown'))
    const [body] = broker.queues.get('tenant%Orders/0')!
    const extFields = { tranStateTableOffset: '0', commitLogOffset: '0' }
    broker.channelOf(producer.clientId).send(requestCommand(CHECK_TRANSACTION_STATE, extFields, body))
    await sim.run(1000)
    expect(seen).toEqual(['Orders'])
    const ends = broker.requestsOf(END_TRANSACTION).map((one) => one.extFields!)
    expect(ends.map((one) => [one.producerGroup, one.commitOrRollback])).toEqual([
      ['tenant%PG', '0'],
      ['tenant%PG', '8'],
    ])
  })

  test('may come from any broker: a producer that has sent nothing is known to all', async () => {
    const { cluster, broker } = await setUp()
    await cluster.sim.run(100)
    const [heartbeat] = broker.requestsOf(RequestCode.HEART_BEAT)
    expect(decodeHeartbeatData(heartbeat!.body!).producerDataSet).toEqual([{ groupName: 'PG' }])
  })

  test('of another group is not answered here', async () => {
    const { answers } = await askAfter(() => 'commit', 'PGROUP\u0001Other\u0002UNIQ_KEY\u0001U1\u0002')
    expect(answers()).toEqual([])
  })
})
