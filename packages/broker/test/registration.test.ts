import { inflateSync } from 'node:zlib'
import { crc32, decodeRegisterBrokerBody, RequestCode, type ReceivedCommand } from '@mq/protocol'
import { RemotingServer } from '@mq/remoting'
import { describe, expect, test } from 'vitest'
import type { BrokerConfig } from '../src/index.js'
import { Bench } from './support/bench.js'

/** A name server that takes notes, and knows the version it was told last. */
async function startNameServer(bench: Bench, name: string, body?: string) {
  const seen: ReceivedCommand[] = []
  const server = new RemotingServer({ io: bench.sim.host(name).io })
  server.handle(RequestCode.QUERY_DATA_VERSION, (request) => {
    seen.push(request)
    const known = tables().at(-1)?.dataVersion
    const isSame = JSON.stringify(known) === Buffer.from(request.body!).toString()
    return { code: 0, extFields: { changed: String(!isSame) } }
  })
  for (const code of [RequestCode.REGISTER_BROKER, RequestCode.UNREGISTER_BROKER]) {
    server.handle(code, (request) => {
      seen.push(request)
      return { code: 0, extFields: {}, body: body === undefined ? undefined : Buffer.from(body) }
    })
  }
  await bench.sim.settle(server.listen({ host: '0.0.0.0', port: 9876 }))
  const tables = () =>
    seen
      .filter(({ code }) => code === RequestCode.REGISTER_BROKER)
      .map(({ body, extFields }) => decodeRegisterBrokerBody(body, extFields?.['compressed'] === 'true'))
      .map(({ topicConfigSerializeWrapper }) => topicConfigSerializeWrapper)
  return { seen, tables, address: `${bench.sim.host(name).address}:9876`, server }
}

/** Host names come first, so the addresses of name servers are known before the broker is made. */
const namesrvAddr = '10.0.0.2:9876;10.0.0.3:9876'

test('the broker registers at start, at change and every 30 s with all name servers, and leaves at close', async () => {
  const bench = await Bench.start({ namesrvAddr })
  const [one, two] = [await startNameServer(bench, 'ns-1'), await startNameServer(bench, 'ns-2')]
  expect([one.address, two.address].join(';')).toBe(namesrvAddr)
  await bench.sim.until(() => one.seen.length > 0 && two.seen.length > 0)
  expect(bench.sim.elapsedMs).toBeLessThan(5000)
  expect(one.seen[0]!.extFields).toMatchObject({
    brokerName: 'broker-a',
    brokerAddr: '10.0.0.1:10911',
    clusterName: 'DefaultCluster',
    haServerAddr: '10.0.0.1:10912',
    brokerId: '0',
    compressed: 'false',
  })
  expect([...one.tables()[0]!.topicConfigTable.keys()]).toContain('TBW102')
  const before = one.seen.length
  const client = bench.client()
  await client.send('T', 'x')
  await bench.sim.run(100)
  expect(one.seen).toHaveLength(before + 1)
  expect(one.tables().at(-1)!.topicConfigTable.get('T')).toMatchObject({ writeQueueNums: 4 })
  expect(one.tables().at(-1)!.dataVersion.counter).toBeGreaterThan(one.tables()[0]!.dataVersion.counter)
  await bench.sim.run(60_000)
  expect(one.seen.length).toBeGreaterThanOrEqual(before + 3)
  await bench.close()
  expect([one, two].map(({ seen }) => seen.at(-1)!.code)).toEqual([
    RequestCode.UNREGISTER_BROKER,
    RequestCode.UNREGISTER_BROKER,
  ])
})

test('a name server that comes later hears of the broker within seconds', async () => {
  const bench = await Bench.start({ namesrvAddr: '10.0.0.2:9876' })
  await bench.sim.run(4000)
  const server = await startNameServer(bench, 'ns')
  const startedMs = bench.sim.elapsedMs
  await bench.sim.until(() => server.seen.length > 0)
  expect(bench.sim.elapsedMs - startedMs).toBeLessThan(10_000)
  await bench.close()
})

test('a broker that may not be written says so for all its topics', async () => {
  const bench = await Bench.start({ namesrvAddr: '10.0.0.2:9876' })
  const server = await startNameServer(bench, 'ns')
  await bench.sim.until(() => server.seen.length > 0)
  await bench.client().call(RequestCode.UPDATE_BROKER_CONFIG, undefined, Buffer.from('brokerPermission=4'))
  await bench.sim.run(1000)
  const perms = new Set([...server.tables().at(-1)!.topicConfigTable.values()].map(({ perm }) => perm))
  expect(perms).toEqual(new Set([4]))
  // Name servers take no topics from a table that has the version they know.
  const versions = server.tables().map(({ dataVersion }) => dataVersion.counter)
  expect(versions.at(-1)).toBeGreaterThan(versions.at(-2)!)
  await bench.close()
})

test('with forceRegister=false a name server is asked first, and told when it has another version', async () => {
  const bench = await Bench.start({ namesrvAddr: '10.0.0.2:9876', forceRegister: false })
  const server = await startNameServer(bench, 'ns')
  await bench.sim.until(() => server.seen.length > 0)
  await bench.client().send('T', 'x')
  await bench.sim.run(100)
  const told = server.tables().length
  expect(server.tables().at(-1)!.topicConfigTable.has('T')).toBe(true)
  await bench.sim.run(120_000)
  expect(server.tables()).toHaveLength(told)
  const asked = () => server.seen.filter(({ code }) => code === RequestCode.QUERY_DATA_VERSION)
  expect(asked().length).toBeGreaterThanOrEqual(3)
  expect(asked()[0]!.extFields).toMatchObject({ brokerName: 'broker-a', brokerAddr: '10.0.0.1:10911', brokerId: '0' })
  // As one that was started anew: it knows nothing.
  server.seen.length = 0
  await bench.sim.run(31_000)
  expect(server.tables()).toHaveLength(1)
  await bench.close()
})

test('with compressedRegister the topics come deflated, with a checksum of that', async () => {
  const bench = await Bench.start({ namesrvAddr: '10.0.0.2:9876', compressedRegister: true })
  const server = await startNameServer(bench, 'ns')
  await bench.sim.until(() => server.seen.length > 0)
  const { extFields, body } = server.seen[0]!
  expect(extFields).toMatchObject({ compressed: 'true', bodyCrc32: String(crc32(body!)) })
  expect(inflateSync(body!).includes('TBW102 8 8 7 SINGLE_TAG')).toBe(true)
  expect(server.tables()[0]!.topicConfigTable.get('TBW102')).toMatchObject({ writeQueueNums: 8, perm: 7 })
  await bench.close()
})

test('a taken port fails the start, with everything closed again', async () => {
  const bench = await Bench.start()
  await bench.sim.settle(bench.broker.close())
  const other = new RemotingServer({ io: bench.host.io })
  await bench.sim.settle(other.listen({ host: '0.0.0.0', port: 10_909 }))
  await expect(bench.startBroker()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
  await bench.sim.settle(other.close())
  await bench.startBroker()
  expect(await bench.client().send('T', 'x')).toMatchObject({ code: 0 })
  await bench.close()
})

test('topics a name server wants in order are ordered', async () => {
  const bench = await Bench.start({ namesrvAddr: '10.0.0.2:9876' })
  await startNameServer(bench, 'ns', '{"table":{"T":"broker-a:4"}}')
  await bench.client().send('T', 'x')
  await bench.sim.run(3000)
  expect(bench.broker.topics().get('T')!.order).toBe(true)
  await bench.close()
})

test('two runs from one seed are the same to the byte', async () => {
  const run = async () => {
    const bench = await Bench.start({}, { seed: 42 })
    const client = bench.client()
    await client.consume('CG', 'T')
    for (let i = 0; i < 5; i++) await client.send('T', `m${i}`, { e: '-1' })
    await client.pull('T', 'CG', 0)
    await bench.close()
    return bench.sim.traceHash()
  }
  expect(await run()).toBe(await run())
})

describe('an address server', () => {
  const domain = { 'rocketmq.namesrv.domain': 'addresses.example', 'rocketmq.namesrv.domain.subgroup': 'mine' }
  let says: string | Error
  let asked: string[]

  async function start(more: Partial<BrokerConfig> = {}): Promise<Bench> {
    asked = []
    const fetchText = async (url: string) => {
      asked.push(url)
      if (says instanceof Error) throw says
      return says
    }
    return Bench.start({ fetchNamesrvAddrByAddressServer: true, ...domain, ...more }, { fetchText })
  }

  test('names the name servers, and other ones later', async () => {
    says = '10.0.0.2:9876\r\nand more'
    const bench = await start()
    const [one, two] = [await startNameServer(bench, 'ns-1'), await startNameServer(bench, 'ns-2')]
    await bench.sim.until(() => one.seen.length > 0, 10_000)
    expect(asked).toEqual(['http://addresses.example:8080/rocketmq/mine'])
    says = '10.0.0.3:9876'
    await bench.sim.until(() => two.seen.length > 0, 121_000)
    const told = one.seen.length
    for (const wrong of [new Error('it answered 500'), '', 'no address']) {
      says = wrong
      await bench.sim.run(120_000)
    }
    expect(one.seen).toHaveLength(told)
    expect(two.seen.length).toBeGreaterThan(10)
    expect(bench.broker.config.namesrvAddr).toBe('10.0.0.3:9876')
    await bench.close()
    expect(two.seen.at(-1)!.code).toBe(RequestCode.UNREGISTER_BROKER)
  })

  test('is left alone when name servers are named, or it is not wanted', async () => {
    says = '10.0.0.2:9876'
    for (const more of [{ namesrvAddr: '10.0.0.3:9876' }, { fetchNamesrvAddrByAddressServer: false }]) {
      const bench = await start(more)
      await bench.sim.run(130_000)
      expect(asked).toEqual([])
      await bench.close()
    }
  })

  test('with a port of its own, that does not answer, keeps no broker from starting', async () => {
    says = new Error('nobody is there')
    const bench = await start({ 'rocketmq.namesrv.domain': 'addresses.example:80' })
    expect(await bench.client().send('T', 'x')).toMatchObject({ code: 0 })
    expect(asked).toEqual(['http://addresses.example:80/rocketmq/mine'])
    await bench.close()
  })
})
