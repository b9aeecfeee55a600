import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commands, connect, runTool } from '@mq/admin'
import { Producer, PushConsumer } from '@mq/client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startLocalCluster, type LocalCluster } from '../src/index.js'
import { selfSigned } from '../src/config/self-signed.js'
import { cleanUp, temporaryFolder } from './processes.js'

// mqadmin against a real cluster: names, codes and bodies, which the tests of @mq/admin replace by a fake. Every request is
// signed and goes over TLS, as the cluster takes no others.
const tls = { rejectUnauthorized: false }
const credentials = { accessKey: 'operator', secretKey: 'a-long-secret' }
const accounts = 'accounts:\n- accessKey: operator\n  secretKey: a-long-secret\n  admin: true\n'
let cluster: LocalCluster
let producer: Producer
let consumer: PushConsumer
beforeAll(async () => {
  const directory = temporaryFolder()
  const aclFile = join(directory, 'plain_acl.yml')
  writeFileSync(aclFile, accounts)
  cluster = await startLocalCluster({
    ...{ directory, namesrvPort: 0, brokerPort: 0 },
    brokerConfig: { aclEnable: 'true', 'rocketmq.acl.plain.file': aclFile },
    tls: { server: { mode: 'enforcing', makeCertificate: selfSigned }, client: tls },
  })
  const { namesrv } = cluster
  await mqadmin('updateTopic', '-c', 'DefaultCluster', '-t', 'Orders', '-r', '2', '-w', '2')
  producer = await new Producer({ namesrv, credentials, tls, group: 'makers' }).start()
  await producer.send({ topic: 'Orders', body: 'hello', tags: 'A', keys: 'k1' })
  const consumed = new Promise<void>((done) => {
    consumer = new PushConsumer({
      ...{ namesrv, credentials, tls },
      group: 'eaters',
      consumeFrom: 'first',
      commitInterval: 20,
      handler: () => done(),
    })
  })
  await consumer.subscribe('Orders')
  await consumer.start()
  await consumed
  await vi.waitFor(async () => expect(await mqadmin('consumerProgress', '-g', 'eaters')).toMatch(/^Orders /m))
})
afterAll(async () => {
  await consumer.close()
  await producer.close()
  await cluster.close()
  await cleanUp()
})

async function mqadmin(...argv: string[]): Promise<string> {
  const { out, ...ended } = await mqadminAs(['-ak', credentials.accessKey, '-sk', credentials.secretKey], ...argv)
  expect(ended, out).toEqual({ code: 0, err: '' })
  return out
}

async function mqadminAs(keys: string[], ...argv: string[]) {
  let [out, err] = ['', '']
  const code = await runTool([...argv, ...keys, '--tls-insecure', '-n', cluster.namesrv], {
    env: {},
    readFile: () => undefined,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    connect,
    now: () => Date.now(),
    pause: async () => false,
  })
  return { code, out, err }
}

const offsetMsgId = async () =>
  /OffsetID: +(\w+)/.exec(
    await mqadmin('queryMsgByOffset', '-t', 'Orders', '-b', 'broker-a', '-i', await usedQueue(), '-o', '0'),
  )![1]!

async function usedQueue(): Promise<string> {
  const rows = (await mqadmin('topicStatus', '-t', 'Orders')).split('\n').map((line) => line.split(/\s+/))
  return rows.find(([broker, , , max]) => broker === 'broker-a' && max === '1')![1]!
}

describe('each command does its work', () => {
  const cases: [name: string, argv: () => string[] | Promise<string[]>, expected: RegExp][] = [
    ['clusterList', () => [], /^DefaultCluster +broker-a +0 +127\.0\.0\.1:\d+ +V4_7_1/m],
    ['brokerStatus', () => ['-b', cluster.brokerAddress], /^brokerVersionDesc +: V4_7_1$/m],
    ['getBrokerConfig', () => ['-b', cluster.brokerAddress], /^brokerName += {2}broker-a$/m],
    ['getNamesrvConfig', () => [], /^listenPort += {2}/m],
    ['updateBrokerConfig', () => ['-b', cluster.brokerAddress, '-k', 'traceOn', '-v', 'false'], /config success, 127/],
    ['topicList', () => [], /^Orders$/m],
    ['topicRoute', () => ['-t', 'Orders'], /"readQueueNums":2/],
    ['topicClusterList', () => ['-t', 'Orders'], /^DefaultCluster$/m],
    ['topicStatus', () => ['-t', 'Orders'], /^broker-a +[01] +0 +1 +20\d\d-/m],
    ['updateTopicPerm', () => ['-c', 'DefaultCluster', '-t', 'Orders', '-p', '6'], /new perm equals to the old one!/],
    ['updateSubGroup', () => ['-c', 'DefaultCluster', '-g', 'G2'], /create subscription group to 127/],
    ['deleteSubGroup', () => ['-b', cluster.brokerAddress, '-g', 'G2'], /delete subscription group \[G2\]/],
    ['consumerConnection', () => ['-g', 'eaters'], /Topic: Orders +SubExpression: \*/],
    ['consumerStatus', () => ['-g', 'eaters'], /^001 .*\n\nSame subscription in the same group/m],
    ['producerConnection', () => ['-g', 'makers', '-t', 'Orders'], /^0001 /m],
    ['consumerProgress', () => ['-g', 'eaters'], /^Orders +broker-a +[01] +1 /m],
    ['sendMessage', () => ['-t', 'Other', '-p', 'x'], /^broker-a +\d +SEND_OK +[0-9A-F]{32}$/m],
    [
      'queryMsgByOffset',
      async () => ['-t', 'Orders', '-b', 'broker-a', '-i', await usedQueue(), '-o', '0'],
      /^Message Body: +hello$/m,
    ],
    ['queryMsgById', async () => ['-i', await offsetMsgId()], /^Topic: +Orders$/m],
    ['updateKvConfig', () => ['-s', 'N', '-k', 'a', '-v', 'b'], /success/],
    ['deleteKvConfig', () => ['-s', 'N', '-k', 'a'], /success/],
    [
      'updateTopic',
      () => ['-b', cluster.brokerAddress, '-t', 'Gone', '-o', 'true'],
      /isOrder=true, orderConf=\[broker-a:8\]/,
    ],
    ['deleteTopic', () => ['-c', 'DefaultCluster', '-t', 'Gone'], /delete topic \[Gone\] from NameServer success/],
    ['wipeWritePerm', () => ['-b', 'broker-a'], /OK, \d+$/m],
    ['updateAclConfig', () => [...allBrokers, ...newAccount], /access config to 127.*\nPlain.*topicPerms=\[A=SUB\]/],
    ['getAccessConfigSubCommand', () => allBrokers, /accessKey +: orders-service\n(?! +secretKey)/],
    ['deleteAccessConfig', () => [...allBrokers, '-a', 'orders-service'], /^account's accesskey is:orders-service$/m],
    ['updateGlobalWhiteAddr', () => [...allBrokers, '-g', '10.0.0.1'], /remote addresses to 127\S+ success/],
    ['clusterAclConfigVersion', () => allBrokers, /^DefaultCluster +broker-a +127\S+ +3 +20\d\d-/m],
  ]
  const allBrokers = ['-c', 'DefaultCluster']
  const newAccount = ['-a', 'orders-service', '-s', 'another-secret', '-t', 'A=SUB']

  test.each(cases)('%s', async (name, argv, expected) => {
    expect(await mqadmin(name, ...(await argv()))).toMatch(expected)
  })

  test('and none for somebody without the right keys', async () => {
    for (const keys of [[], ['-ak', 'operator', '-sk', 'a-wrong-secret']]) {
      const { code, err } = await mqadminAs(keys, 'deleteSubGroup', '-b', cluster.brokerAddress, '-g', 'G2')
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringMatching(/No accessKey is configured|Check signature failed for accessKey=operator/),
      })
    }
  })

  test('none is left out', () => {
    expect(cases.map(([name]) => name).sort()).toEqual(commands.map(({ name }) => name).sort())
  })
})
