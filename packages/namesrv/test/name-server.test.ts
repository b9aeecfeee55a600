import { describe, expect, it } from 'vitest'
import { markOneway, RequestCode } from '@mq/protocol'
import { Lab, registration } from './support/lab.js'

const brokerB = { brokerName: 'broker-b', brokerAddr: '10.1.0.2:10911', haServerAddr: '10.1.0.2:10912' }
const slave = { brokerAddr: '10.1.0.3:10911', haServerAddr: '10.1.0.3:10912', brokerId: 1 }

describe('routes', () => {
  it('are compact, with quoted broker ids and the flag under both its names', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.register({ topics: { T: { topicSysFlag: 3, readQueueNums: 8 } } })
    await peer.register(slave)
    const { body } = await peer.call(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic: 'T' })
    expect(Buffer.from(body!).toString()).toBe(
      '{"brokerDatas":[{"brokerAddrs":{"0":"10.1.0.1:10911","1":"10.1.0.3:10911"},"brokerName":"broker-a","cluster":"DefaultCluster"}],' +
        '"filterServerTable":{},"queueDatas":[{"brokerName":"broker-a","perm":6,"readQueueNums":8,"topicSynFlag":3,"topicSysFlag":3,"writeQueueNums":4}]}',
    )
  })

  it('name each broker that has the topic, and filter servers', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.register({ filterServers: ['10.1.0.1:30000'] })
    await peer.register({ ...brokerB, topics: { TopicA: {}, TopicB: {} } })
    const route = await peer.route('TopicA')
    expect(route.queueDatas.map((one: { brokerName: string }) => one.brokerName)).toEqual(['broker-a', 'broker-b'])
    expect(route.filterServerTable).toEqual({ '10.1.0.1:10911': ['10.1.0.1:30000'] })
    expect((await peer.route('TopicB')).brokerDatas).toHaveLength(1)
  })

  it('carry the order configuration only when the name server is told so', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.register()
    await peer.call(RequestCode.PUT_KV_CONFIG, { namespace: 'ORDER_TOPIC_CONFIG', key: 'TopicA', value: 'broker-a:4' })
    expect((await peer.route('TopicA')).orderTopicConf).toBeUndefined()
    await peer.call(RequestCode.UPDATE_NAMESRV_CONFIG, undefined, 'orderMessageEnable=true\n')
    expect((await peer.route('TopicA')).orderTopicConf).toBe('broker-a:4')
  })
})

describe('registrations', () => {
  it('add topics when the version is new, and never take one away', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.register({ topics: { TopicA: {} }, counter: 1 })
    await peer.register({ topics: { TopicB: {} }, counter: 1 })
    expect(await peer.route('TopicB')).toBe(17)
    await peer.register({ topics: { TopicB: {} }, counter: 2 })
    expect(await peer.route('TopicA')).not.toBe(17)
    expect(await peer.route('TopicB')).not.toBe(17)
    await peer.call(RequestCode.DELETE_TOPIC_IN_NAMESRV, { topic: 'TopicA' })
    expect(await peer.route('TopicA')).toBe(17)
  })

  it('of slaves add no topics', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    const answer = await peer.register({ ...slave, topics: { TopicS: {} } })
    expect(answer.extFields ?? {}).toEqual({})
    expect(await peer.route('TopicS')).toBe(17)
  })

  it('come compressed too', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    expect((await peer.register({ compressed: true, topics: { TopicA: { perm: 4 }, TopicB: {} } })).code).toBe(0)
    expect((await peer.route('TopicA')).queueDatas[0].perm).toBe(4)
  })

  it('may be one-way, and without a checksum', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.sendOneway(markOneway(registration({ bodyCrc32: 0 })))
    expect(await peer.route('TopicA')).not.toBe(17)
  })

  it('of brokers before 3.0.11 hold the topics alone; without a body none', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    const { extFields } = registration()
    const old = {
      ...registration({ version: 36, bodyCrc32: 0 }),
      body: Buffer.from('{"dataVersion":{"counter":1,"timestamp":2},"topicConfigTable":{"Old":{"topicName":"Old"}}}'),
    }
    expect((await peer.send(old)).code).toBe(0)
    expect((await peer.route('Old')).queueDatas[0]).toMatchObject({ readQueueNums: 16, perm: 6 })
    expect((await peer.call(RequestCode.REGISTER_BROKER, { ...extFields!, bodyCrc32: '0' })).code).toBe(0)
  })

  it('answer a version query: changed or not, and a query keeps the broker alive', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.register({ counter: 7 })
    const { brokerName, brokerAddr, clusterName, brokerId } = registration().extFields!
    const header = { brokerName: brokerName!, brokerAddr: brokerAddr!, clusterName: clusterName!, brokerId: brokerId! }
    const ask = (counter: number) =>
      peer.call(RequestCode.QUERY_DATA_VERSION, header, `{"counter":${counter},"timestamp":1}`)
    expect((await ask(8)).extFields).toEqual({ changed: 'true' })
    for (let i = 0; i < 5; i++) {
      await lab.sim.run(60_000)
      const answer = await ask(7)
      expect(answer.extFields).toEqual({ changed: 'false' })
      expect(Buffer.from(answer.body!).toString()).toBe('{"counter":7,"timestamp":1}')
    }
    expect(await peer.route('TopicA')).not.toBe(17)
  })

  it('under another id or name take the place of those before', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.register()
    await peer.register({ ...slave })
    await peer.register({ ...slave, brokerId: 0 })
    expect((await peer.route('TopicA')).brokerDatas[0].brokerAddrs).toEqual({ 0: slave.brokerAddr })
    await peer.register({ ...slave, brokerId: 0, brokerName: 'renamed' })
    const { brokerAddrTable, clusterAddrTable } = JSON.parse(
      Buffer.from((await peer.call(RequestCode.GET_BROKER_CLUSTER_INFO)).body!).toString(),
    )
    expect(Object.keys(brokerAddrTable)).toEqual(['renamed'])
    expect(clusterAddrTable).toEqual({ DefaultCluster: ['renamed'] })
  })
})

describe('a broker is forgotten', () => {
  it('at once when its connection closes, and only it', async () => {
    const lab = await Lab.start()
    const [a, b, client] = [lab.peer('a'), lab.peer('b'), lab.peer('client')]
    await a.register()
    await b.register({ ...brokerB, topics: { TopicA: {}, TopicB: {} } })
    await lab.sim.settle(a.client.close())
    await lab.sim.run(10)
    expect((await client.route('TopicA')).brokerDatas.map((one: { brokerName: string }) => one.brokerName)).toEqual([
      'broker-b',
    ])
    await lab.sim.settle(b.client.close())
    await lab.sim.run(10)
    expect(await client.route('TopicB')).toBe(17)
    expect(lab.lines).toContain('broker broker-b at 10.1.0.2:10911 is gone: its connection closed')
  })

  it('120 seconds after it was last heard of, though its connection is there', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.register()
    for (let second = 0; second < 120; second += 20) {
      expect(await peer.route('TopicA')).not.toBe(17)
      await lab.sim.run(20_000)
    }
    await lab.sim.run(10_100)
    expect(await peer.route('TopicA')).toBe(17)
    expect(lab.lines).toContain('broker broker-a at 10.1.0.1:10911 is gone: it was not heard of for two minutes')
    await peer.register()
    expect(await peer.route('TopicA')).not.toBe(17)
  })

  it('when it says so', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.register()
    const { extFields } = registration()
    expect((await peer.call(RequestCode.UNREGISTER_BROKER, extFields)).code).toBe(0)
    expect(await peer.route('TopicA')).toBe(17)
  })

  it('without taking along the one that took over its id at another address', async () => {
    const lab = await Lab.start()
    const [before, after] = [lab.peer('before'), lab.peer('after')]
    await before.register()
    await after.register({ brokerAddr: '10.9.9.9:10911' })
    await lab.sim.settle(before.client.close())
    await lab.sim.run(10)
    expect((await after.route('TopicA')).brokerDatas[0].brokerAddrs).toEqual({ 0: '10.9.9.9:10911' })
    await after.call(RequestCode.UNREGISTER_BROKER, registration().extFields)
    expect(await after.route('TopicA')).not.toBe(17)
  })

  it('but not when it has registered over a new connection meanwhile', async () => {
    const lab = await Lab.start()
    const [old, fresh] = [lab.peer('old'), lab.peer('fresh')]
    await old.register()
    await fresh.register()
    await lab.sim.settle(old.client.close())
    await lab.sim.run(10)
    expect(await fresh.route('TopicA')).not.toBe(17)
  })

  it('as master, while a slave of its name goes on being routed to', async () => {
    const lab = await Lab.start()
    const [master, reserve] = [lab.peer('master'), lab.peer('reserve')]
    await master.register()
    const { extFields } = await reserve.register(slave)
    expect(extFields).toEqual({ masterAddr: '10.1.0.1:10911', haServerAddr: '10.1.0.1:10912' })
    await lab.sim.settle(master.client.close())
    await lab.sim.run(10)
    expect((await reserve.route('TopicA')).brokerDatas[0].brokerAddrs).toEqual({ 1: slave.brokerAddr })
  })
})

describe('topic lists', () => {
  const list = async (lab: Lab, code: number, fields?: Record<string, string>) =>
    JSON.parse(
      Buffer.from((await lab.peer(`client-${code}-${JSON.stringify(fields)}`).call(code, fields)).body!).toString(),
    ).topicList

  it('are those of all, of a cluster, of units', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.register({
      topics: { None: {}, Unit: { topicSysFlag: 1 }, Sub: { topicSysFlag: 2 }, Both: { topicSysFlag: 3 } },
    })
    await peer.register({ ...brokerB, clusterName: 'Other', topics: { Elsewhere: {} } })
    expect(await list(lab, RequestCode.GET_ALL_TOPIC_LIST_FROM_NAMESERVER)).toEqual([
      'None',
      'Unit',
      'Sub',
      'Both',
      'Elsewhere',
    ])
    expect(await list(lab, RequestCode.GET_TOPICS_BY_CLUSTER, { cluster: 'Other' })).toEqual(['Elsewhere'])
    expect(await list(lab, RequestCode.GET_TOPICS_BY_CLUSTER, { cluster: 'Nowhere' })).toEqual([])
    expect(await list(lab, RequestCode.GET_UNIT_TOPIC_LIST)).toEqual(['Unit', 'Both'])
    expect(await list(lab, RequestCode.GET_HAS_UNIT_SUB_TOPIC_LIST)).toEqual(['Sub', 'Both'])
    expect(await list(lab, RequestCode.GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST)).toEqual(['Sub'])
    expect(await list(lab, RequestCode.GET_SYSTEM_TOPIC_LIST_FROM_NS)).toEqual([
      'DefaultCluster',
      'Other',
      'broker-a',
      'broker-b',
    ])
  })
})

describe('wiping the write permission', () => {
  it('counts the topics, keeps the read permission, and lasts until the broker has news', async () => {
    const lab = await Lab.start()
    const peer = lab.peer('broker')
    await peer.register({ topics: { TopicA: {}, TopicB: { perm: 7 } } })
    await peer.register(brokerB)
    const { extFields } = await peer.call(RequestCode.WIPE_WRITE_PERM_OF_BROKER, { brokerName: 'broker-a' })
    expect(extFields).toEqual({ wipeTopicCount: '2' })
    const permissions = async () => (await peer.route('TopicA')).queueDatas.map((one: { perm: number }) => one.perm)
    expect(await permissions()).toEqual([4, 6])
    await peer.register({ topics: { TopicA: {}, TopicB: {} } })
    expect(await permissions()).toEqual([4, 6])
    await peer.register({ topics: { TopicA: {}, TopicB: {} }, counter: 2 })
    expect(await permissions()).toEqual([6, 6])
  })
})

describe('starting and stopping', () => {
  it('keeps kv entries over a restart, when it has a path', async () => {
    const lab = await Lab.start({ kvConfigPath: '/data/namesrv/kvConfig.json' })
    await lab.peer('admin').call(RequestCode.PUT_KV_CONFIG, { namespace: 'N', key: '__proto__', value: 'v' })
    await lab.sim.settle(lab.nameServer.close())
    await lab.startNameServer()
    const answer = await lab.peer('later').call(RequestCode.GET_KV_CONFIG, { namespace: 'N', key: '__proto__' })
    expect(answer.extFields).toEqual({ value: 'v' })
  })

  it('says what is wrong with a kv file, and starts nothing', async () => {
    const lab = await Lab.start({ kvConfigPath: '/kvConfig.json' })
    await lab.sim.settle(lab.nameServer.close())
    lab.host.io.disk.replaceWhole('/kvConfig.json', Buffer.from('{"configTable":{"N":['))
    await expect(lab.startNameServer()).rejects.toMatchObject({
      name: 'ProtocolError',
      code: 'CONFIG',
      message: expect.stringMatching(/^the kv configuration \/kvConfig\.json cannot be read: .*move it away$/),
    })
  })

  it('frees its port, and refuses one that is taken', async () => {
    const lab = await Lab.start()
    const first = lab.nameServer
    await expect(lab.startNameServer()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' })
    await lab.sim.settle(first.close())
    await lab.startNameServer()
    expect(await lab.peer('client').route('T')).toBe(17)
  })

  it('runs the same twice from one seed', async () => {
    const hash = async () => {
      const lab = await Lab.start({}, 42)
      await lab.peer('broker').register()
      await lab.peer('client').route('TopicA')
      await lab.sim.run(200_000)
      return lab.sim.traceHash()
    }
    expect(await hash()).toBe(await hash())
  })
})
