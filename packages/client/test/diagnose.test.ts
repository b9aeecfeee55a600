import { describe, expect, test } from 'vitest'
import { diagnose, type DiagnoseOptions } from '../src/index.js'
import { FakeCluster } from './support/fake-cluster.js'

async function findings(
  prepare: (cluster: FakeCluster) => void = () => {},
  options: Partial<DiagnoseOptions> = {},
  topic: string | undefined = 'Orders',
) {
  const cluster = await new FakeCluster().start(1, { Orders: 4 })
  prepare(cluster)
  const diagnosis = await cluster.sim.settle(diagnose({ ...cluster.options, ...options }, topic))
  return { cluster, diagnosis, codes: diagnosis.problems.map((one) => one.code) }
}

describe('diagnose', () => {
  test('finds nothing wrong where nothing is', async () => {
    const { cluster, diagnosis } = await findings()
    expect(diagnosis).toMatchObject({
      ok: true,
      problems: [],
      nameServers: [{ address: cluster.namesrv, reachable: true }],
      brokers: [{ brokerName: 'broker-a', cluster: 'DefaultCluster', brokerId: 0, reachable: true }],
      topic: { topic: 'Orders', exists: true, writeQueues: 4, readQueues: 4 },
    })
  })

  test('a name server that cannot be reached, alone and among others', async () => {
    const alone = await findings(undefined, { namesrv: '10.9.9.9:9876', timeoutMs: 500 })
    expect(alone.codes).toEqual(['NAMESRV_UNREACHABLE'])
    expect(alone.diagnosis).toMatchObject({ ok: false, brokers: [] })
    expect(alone.diagnosis.problems[0]!.next).toContain('namesrv')
    const { namesrv } = alone.cluster
    const one = await findings(undefined, { namesrv: ['10.9.9.9:9876', namesrv], timeoutMs: 500 })
    expect(one.codes).toEqual(['NAMESRV_UNREACHABLE'])
    expect(one.diagnosis.ok).toBe(true)
  })

  test('no broker has registered', async () => {
    const { codes, diagnosis } = await findings((cluster) => cluster.hidden.add('broker-a'))
    expect(codes).toEqual(['NO_BROKER'])
    expect(diagnosis.ok).toBe(false)
  })

  test('a broker does not answer where it says it is', async () => {
    const { codes, diagnosis } = await findings((cluster) => cluster.sim.host('broker-a').kill(), { timeoutMs: 500 })
    expect(codes).toEqual(['CONNECT_FAILED'])
    expect(diagnosis.problems[0]!.problem).toContain('brokerIP1')
  })

  test('the topic is not there, and whether a send would make it', async () => {
    const creating = await findings(undefined, {}, 'Nowhere')
    expect(creating.codes).toEqual(['TOPIC_NOT_FOUND'])
    expect(creating.diagnosis.problems[0]!.problem).toContain('the first send')
    const refusing = await findings((cluster) => cluster.broker().topics.delete('TBW102'), {}, 'Nowhere')
    expect(refusing.diagnosis.problems[0]!.problem).toContain('by itself')
    expect(refusing.diagnosis.topic).toMatchObject({ exists: false })
  })

  test.each([
    [4, 'send to'],
    [2, 'consume from'],
  ])('permission %d of a topic', async (perm, missing) => {
    const { codes, diagnosis } = await findings((cluster) => (cluster.perm = perm))
    expect(codes).toEqual(['NO_QUEUE'])
    expect(diagnosis.problems[0]!.problem).toContain(missing)
  })

  test('slaves alone', async () => {
    const { codes } = await findings((cluster) => (cluster.mastersAreGone = true))
    expect(codes).toEqual(['NO_MASTER'])
  })
})
