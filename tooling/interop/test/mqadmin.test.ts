import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdminClient, Producer, PushConsumer } from '@mq/client'
import { apacheAdmin, startApacheBroker, startApacheNamesrv } from '@mq/foreign'
import { freeBrokerPort, freePort } from '@mq/test-ports'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { javaClients } from '../src/java-clients.js'
import { removeFolders, runBin, startMqCluster, temporaryFolder, type MqCluster } from '../src/mq-cluster.js'
import { describeWith } from '../src/skip.js'

describeWith(['java', 'maven'], "Apache's mqadmin 4.7.1 on MQ", () => {
  let cluster: MqCluster

  beforeAll(async () => {
    cluster = await startMqCluster()
  })
  afterAll(async () => {
    await cluster?.stop()
    removeFolders()
  })

  const admin = async (...args: string[]) => {
    const { code, stdout, stderr } = await apacheAdmin('4.7.1', ...args, '-n', cluster.namesrv)
    expect(code, stdout + stderr).toBe(0)
    expect(stdout + stderr).not.toMatch(/Exception/)
    return stdout
  }

  test('clusterList names cluster, broker, address and version', async () => {
    const text = await admin('clusterList')
    expect(text).toContain('DefaultCluster')
    expect(text).toContain(cluster.brokerAddress)
    expect(text).toContain('V4_7_1')
  })

  test('updateTopic makes a topic that topicList, topicRoute and topicStatus show', async () => {
    expect(await admin('updateTopic', '-b', cluster.brokerAddress, '-t', 'AdminTopic', '-r', '3', '-w', '3')).toContain(
      'success',
    )
    expect(await admin('topicList')).toContain('AdminTopic')
    expect(await admin('topicRoute', '-t', 'AdminTopic')).toMatch(/"readQueueNums":3/)
    expect(
      (await admin('topicStatus', '-t', 'AdminTopic'))
        .split('\n')
        .filter((line) => line.startsWith('broker') || /^\S+\s+\d+\s/.test(line)),
    ).toHaveLength(3)
  })

  test('brokerStatus lists the runtime figures', async () => {
    const text = await admin('brokerStatus', '-b', cluster.brokerAddress)
    for (const key of ['bootTimestamp', 'putTps', 'commitLogMaxOffset', 'brokerVersionDesc'])
      expect(text).toContain(key)
  })
})

describeWith(['java', 'maven'], "MQ's mqadmin on Apache 4.7.1 with access control", () => {
  const keys = ['-ak', 'operator', '-sk', 'a-long-secret']
  let namesrv: Awaited<ReturnType<typeof startApacheNamesrv>>
  let broker: Awaited<ReturnType<typeof startApacheBroker>>

  beforeAll(async () => {
    namesrv = await startApacheNamesrv({ version: '4.7.1', port: await freePort(), directory: temporaryFolder() })
    const directory = temporaryFolder()
    mkdirSync(join(directory, 'conf'))
    const accounts =
      'globalWhiteRemoteAddresses:\n- 10.0.0.2\naccounts:\n- accessKey: operator\n  secretKey: a-long-secret\n  admin: true\n'
    writeFileSync(join(directory, 'conf/plain_acl.yml'), accounts)
    broker = await startApacheBroker({
      version: '4.7.1',
      port: await freeBrokerPort(),
      namesrv: namesrv.address,
      directory,
      config: { aclEnable: true },
    })
  })
  afterAll(async () => {
    await broker?.stop()
    await namesrv?.stop()
    removeFolders()
  })

  const admin = async (...args: string[]) => {
    const { code, stdout, stderr } = await runBin('mqadmin', ...args, ...keys, '-n', namesrv.address)
    expect(code, stdout + stderr).toBe(0)
    return stdout
  }

  test('clusterList, updateTopic, topicRoute, topicStatus, brokerStatus, sendMessage', async () => {
    // Apache's broker has no figures, and says so by an exception, until it has counted for a second.
    const listed = await vi.waitFor(() => admin('clusterList'), { timeout: 10_000, interval: 250 })
    expect(listed).toContain(broker.address)
    await admin('updateTopic', '-b', broker.address, '-t', 'OurAdmin', '-r', '2', '-w', '2')
    expect(await admin('topicList')).toContain('OurAdmin')
    expect(await admin('topicRoute', '-t', 'OurAdmin')).toContain(broker.address)
    await admin('sendMessage', '-t', 'OurAdmin', '-p', 'hello')
    expect(await admin('topicStatus', '-t', 'OurAdmin')).toContain('broker-a')
    expect(await admin('brokerStatus', '-b', broker.address)).toContain('V4_7_1')
  })

  test('accounts are made, listed and deleted, and requests without a key are refused', async () => {
    const where = ['-b', broker.address]
    const account = ['-a', 'orders-service', '-s', 'another-secret', '-t', 'OurAdmin=PUB|SUB', '-m', 'false']
    expect(await admin('updateAclConfig', ...where, ...account)).toContain(`access config to ${broker.address} success`)
    const listed = await vi.waitFor(
      async () => {
        const text = await admin('getAccessConfigSubCommand', ...where)
        expect(text).toContain('orders-service')
        return text
      },
      { timeout: 10_000, interval: 250 },
    )
    expect(listed).toContain('[OurAdmin=PUB|SUB]')
    expect(listed).not.toContain('another-secret')
    expect(await admin('updateGlobalWhiteAddr', ...where, '-g', '10.0.0.1')).toContain('success')
    expect(await admin('clusterAclConfigVersion', '-c', 'DefaultCluster')).toMatch(
      /^DefaultCluster +broker-a +\S+ +\d/m,
    )
    expect(await admin('deleteAccessConfig', ...where, '-a', 'orders-service')).toContain('orders-service')
    const stranger = await runBin('mqadmin', 'deleteAccessConfig', ...where, '-a', 'operator', '-n', namesrv.address)
    expect(stranger).toMatchObject({ code: 1, stderr: expect.stringMatching(/accessKey|AclException/) })
  })
})

describeWith(['java', 'maven'], 'admin calls into clients, both ways', () => {
  let cluster: MqCluster

  beforeAll(async () => {
    cluster = await startMqCluster()
  })
  afterAll(async () => {
    await cluster?.stop()
    removeFolders()
  })

  test("Apache's shows our consumer, with its process and handlers where Java has stacks", async () => {
    const producer = await new Producer({ namesrv: cluster.namesrv }).start()
    for (const body of ['one', 'two']) await producer.send({ topic: 'Watched', body })
    const handled: string[] = []
    let end = () => {}
    const held = new Promise<void>((resolve) => (end = resolve))
    const consumer = new PushConsumer({ namesrv: cluster.namesrv, group: 'watched', consumeFrom: 'first' })
    await consumer.subscribe('Watched', '*', (message) => {
      handled.push(message.text())
      return message.text() === 'two' ? held : undefined
    })
    await consumer.start()
    await vi.waitFor(() => expect(handled).toHaveLength(2), { timeout: 30_000 })
    const args = ['consumerStatus', '-g', 'watched', '-i', consumer.clientId, '-s', '-n', cluster.namesrv]
    for (const version of ['4.7.1', '5.3.3'] as const) {
      const { code, stdout, stderr } = await apacheAdmin(version, ...args)
      expect(code, stdout + stderr).toBe(0)
      expect(stdout).toMatch(/^PROP_CONSUME_TYPE +: CONSUME_PASSIVELY/m)
      expect(stdout).toMatch(/^\d{3} Topic: Watched /m)
      // One of two is consumed: a rate above nothing.
      const [, rates] = /^Watched +(\d.*)$/m.exec(stdout.slice(stdout.indexOf('#Consumer RT&TPS#')))!
      expect(Number(rates!.split(/ +/)[3])).toBeGreaterThan(0)
      const report = stdout.slice(stdout.indexOf('#Consumer jstack#'))
      expect(report).toContain('Node.js v')
      expect(report).toMatch(/event loop: late by [\d.]+ ms on average/)
      expect(report).toMatch(/handlers that run: 1\n {2}\d+ ms: message \S+ of Watched /)
    }
    end()
    await consumer.close()
    await producer.close()
  })

  test("Apache's moves our consumer, and makes it consume one message", async () => {
    const { namesrv } = cluster
    const group = 'moved'
    const producer = await new Producer({ namesrv }).start()
    const sent = await producer.sendBatch(['one', 'two', 'three'].map((body) => ({ topic: 'Moved', body })))
    const handled: string[] = []
    const options = { namesrv, group, consumeFrom: 'first', commitInterval: 500 } as const
    const consumer = new PushConsumer({ ...options, handler: (message) => void handled.push(message.text()) })
    await consumer.subscribe('Moved')
    await consumer.start()
    await vi.waitFor(() => expect(handled).toHaveLength(3), { timeout: 30_000 })
    const admin = new AdminClient({ namesrv })
    // Offsets are reset from where they are known to be.
    const committed = async () => expect(await admin.consumerOffset(group, sent[0]!.queue)).toBe(3)
    await vi.waitFor(committed, { timeout: 30_000, interval: 100 })
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await apacheAdmin('4.7.1', ...args, '-g', group, '-n', namesrv)
      expect(code, stdout + stderr).toBe(0)
      return stdout
    }
    await run('resetOffsetByTime', '-t', 'Moved', '-s', '0')
    await vi.waitFor(() => expect(handled).toHaveLength(6), { timeout: 30_000 })
    const { offsetMsgId } = sent[1]!
    const text = await run('queryMsgById', '-i', offsetMsgId, '-d', consumer.clientId)
    expect(text).toContain('CR_SUCCESS')
    expect(handled.slice(6)).toEqual(['two'])
    await Promise.all([consumer.close(), producer.close(), admin.close()])
  })

  test("ours shows Java's consumer, with its stacks", async () => {
    // It waits for one message, which is sent at the end, or gives up after a minute: either will do here.
    const waiting = javaClients('4.7.1', 'consume', cluster.namesrv, 'WatchedInJava', 1, 'java_watched', '*').catch(
      () => {},
    )
    const admin = new AdminClient({ namesrv: cluster.namesrv })
    const clientId = await vi.waitFor(
      async () => (await admin.examineConsumerConnection('java_watched')).connectionSet[0]!.clientId,
      { timeout: 60_000, interval: 200 },
    )
    const args = ['consumerStatus', '-g', 'java_watched', '-n', cluster.namesrv]
    const one = await runBin('mqadmin', ...args, '-i', clientId, '-s')
    expect(one.code, one.stderr).toBe(0)
    expect(one.stdout).toMatch(/^PROP_CONSUMEORDERLY +: false/m)
    expect(one.stdout.slice(one.stdout.indexOf('#Consumer jstack#'))).toContain('java.')
    const all = await runBin('mqadmin', ...args)
    expect(all.stdout).toContain(clientId)
    expect(all.stdout).toContain('Same subscription in the same group of consumer')
    const producer = await new Producer({ namesrv: cluster.namesrv }).start()
    await producer.send({ topic: 'WatchedInJava', body: 'the end' })
    await waiting
    await producer.close()
    await admin.close()
  })
})
