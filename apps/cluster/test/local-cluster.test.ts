import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AdminClient, Producer, PullConsumer } from '@mq/client'
import { nodeIo } from '@mq/io/node'
import { simulate } from '@mq/io/sim'
import { afterEach, expect, test } from 'vitest'
import { startLocalCluster, type LocalCluster } from '../src/index.js'
import { cleanUp, temporaryFolder } from './processes.js'

const open: LocalCluster[] = []
afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close()
  await cleanUp()
})

const started = async (options: Parameters<typeof startLocalCluster>[0]) => {
  const cluster = await startLocalCluster({ namesrvPort: 0, brokerPort: 0, ...options })
  open.push(cluster)
  return cluster
}

async function bodiesOf(namesrv: string, topic: string, count: number): Promise<string[]> {
  await using consumer = new PullConsumer({ namesrv, group: 'TOOLS_CONSUMER', consumeFrom: 'first', autoCommit: false })
  await consumer.start()
  await consumer.assign(await consumer.topicQueues(topic))
  const bodies: string[] = []
  while (bodies.length < count) bodies.push(...(await consumer.poll()).map((message) => message.text()))
  return bodies.sort()
}

test('messages, topics and offsets are there after a restart', async () => {
  const directory = temporaryFolder()
  const first = await startLocalCluster({ namesrvPort: 0, brokerPort: 0, directory })
  const producer = await new Producer({ namesrv: first.namesrv }).start()
  for (const body of ['a', 'b', 'c']) await producer.send({ topic: 'Kept', body })
  await producer.close()
  expect(first).toMatchObject({
    directory,
    acknowledges: 'flushed',
    brokerName: 'broker-a',
    clusterName: 'DefaultCluster',
  })
  await first.close()

  const second = await started({ directory })
  expect(await bodiesOf(second.namesrv, 'Kept', 3)).toEqual(['a', 'b', 'c'])
})

test('in memory it touches no disk', async () => {
  const io = nodeIo()
  const disk = new Proxy({} as typeof io.disk, {
    get: (_target, name) => () => {
      throw new Error(`disk.${String(name)} was called`)
    },
  })
  const cluster = await started({ io: { ...io, disk }, memory: true })
  expect(cluster.directory).toBeUndefined()
  const producer = await new Producer({ namesrv: cluster.namesrv }).start()
  await producer.send({ topic: 'Gone', body: 'x' })
  await producer.close()
  expect(await bodiesOf(cluster.namesrv, 'Gone', 1)).toEqual(['x'])
})

test('a whole cluster runs in virtual time', async () => {
  const sim = simulate({ seed: 1 })
  const server = sim.host('server')
  const cluster = await sim.settle(
    startLocalCluster({ io: server.io, host: '0.0.0.0', insecure: true, directory: '/data' }),
  )
  const namesrv = cluster.namesrv.replace('127.0.0.1', server.address)
  const { io } = sim.host('client')
  const admin = new AdminClient({ namesrv, io })
  const { clusterAddrTable } = await sim.settle(admin.clusterInfo())
  expect([...clusterAddrTable]).toEqual([['DefaultCluster', ['broker-a']]])
  await sim.settle(admin.close())
  await sim.settle(cluster.close())
})

test('the network gets in with access control, or when anybody may', async () => {
  const sim = simulate({ seed: 1 })
  const open = (more: object) =>
    sim.settle(startLocalCluster({ io: sim.host('server').io, host: '0.0.0.0', memory: true, ...more }))
  await expect(open({})).rejects.toThrow(
    /listening on 0\.0\.0\.0 would let in anybody on the network\. Set aclEnable=true.* or add insecure: true/,
  )
  const cluster = await open({ insecure: true })
  await sim.settle(cluster.close())
})

test('a folder in use says by whom, and nothing stays open', async () => {
  const directory = temporaryFolder()
  await started({ directory })
  const again = startLocalCluster({ namesrvPort: 0, brokerPort: 0, directory })
  await expect(again).rejects.toThrow(new RegExp(`${join(directory, 'store')}.*in use by process ${process.pid}`))
})

test('a wrong value of the configuration says which', async () => {
  const directory = temporaryFolder()
  const wrong = startLocalCluster({
    namesrvPort: 0,
    brokerPort: 0,
    directory,
    brokerConfig: { flushDiskType: 'SOMETIMES' },
  })
  await expect(wrong).rejects.toThrow("flushDiskType must be one of SYNC_FLUSH, ASYNC_FLUSH, not 'SOMETIMES'")
  expect(existsSync(join(directory, 'store'))).toBe(false)
})

test('how long files are kept can be changed while it runs', async () => {
  const { namesrv, brokerAddress } = await started({ memory: true })
  await using admin = new AdminClient({ namesrv })
  const kept = async () => (await admin.brokerConfig(brokerAddress)).get('fileReservedTime')
  await admin.updateBrokerConfig(brokerAddress, { fileReservedTime: '77' })
  expect(await kept()).toBe('77')
  await expect(admin.updateBrokerConfig(brokerAddress, { fileReservedTime: '1', flushDiskType: 'x' })).rejects.toThrow()
  expect(await kept()).toBe('77')
})
