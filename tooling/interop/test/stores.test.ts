import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ReceivedMessage } from '@mq/client'
import { apacheAdmin, startApacheBroker, startApacheNamesrv, type ApacheServer, type ApacheVersion } from '@mq/foreign'
import { freeBrokerPort, freePort } from '@mq/test-ports'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { javaClients, linesOf } from '../src/java-clients.js'
import { brokerConf, removeFolders, runBin, startMqCluster, temporaryFolder } from '../src/mq-cluster.js'
import { describeWith } from '../src/skip.js'

const versions = ['4.7.1', '5.3.3'] as const

describeWith(['java', 'maven'], 'one folder, in turns', () => {
  /** One for the brokers of each version, so that both can serve at a time. */
  const namesrvs = {} as Record<ApacheVersion, ApacheServer>

  beforeAll(async () => {
    for (const version of versions)
      namesrvs[version] = await startApacheNamesrv({ version, port: await freePort(), directory: temporaryFolder() })
  })

  afterAll(async () => {
    for (const version of versions) await namesrvs[version]?.stop()
    removeFolders()
  })

  /** Apache's broker on the folder `store` in `directory`, while `use` runs. */
  async function withApache<T>(
    version: ApacheVersion,
    directory: string,
    use: () => Promise<T>,
    config = {},
  ): Promise<T> {
    const port = await freeBrokerPort()
    const options = { version, port, namesrv: namesrvs[version].address, directory, name: 'broker-a', config }
    const broker = await startApacheBroker(options)
    try {
      return await use()
    } finally {
      await broker.stop()
    }
  }

  /** Where each body is, as consumers of a version find it. */
  async function consumed(version: ApacheVersion, address: string, group: string, count: number, tags = '*') {
    const got = await javaClients(version, 'consume', address, 'Handed', count, group, tags)
    return placesOf(linesOf('got', got))
  }

  const produced = async (address: string, count: number) =>
    placesOf(linesOf('sent', await javaClients('4.7.1', 'produce', address, 'Handed', count)))

  /** Where each body is, as `mq consume` finds it in an MQ of its own on the folder. */
  async function consumedFromMq(directory: string, count: number): Promise<string[]> {
    const mq = await startMqCluster(directory)
    const flags = ['--count', String(count), '--json', '--namesrv', mq.namesrv]
    const { stdout } = await runBin('mq', 'consume', 'Handed', ...flags).finally(() => mq.stop())
    const messages = stdout.split('\n').filter((line) => line !== '')
    return placesOf(
      messages.map((line) => {
        const { body, msgId, queue, queueOffset } = JSON.parse(line) as ReceivedMessage
        return [String(body), msgId, String(queue.queueId), String(queueOffset)]
      }),
    )
  }

  /** Apache's consumers, at Apache's broker of that version, then MQ again find all that MQ wrote to a folder, a copy of it. */
  async function handOver(version: ApacheVersion, store: string, missing: readonly string[], sent: string[]) {
    const home = temporaryFolder()
    cpSync(store, join(home, 'store'), { recursive: true })
    for (const name of missing) rmSync(join(home, 'store', name), { recursive: true, force: true })
    const group = `handed_${missing.length}`
    const byApache = await withApache(version, home, () => consumed(version, namesrvs[version].address, group, 400))
    expect([version, missing, byApache]).toEqual([version, missing, sent])
    expect([version, missing, await consumedFromMq(home, 400)]).toEqual([version, missing, sent])
  }

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'Apache 4.7.1 and 5.3.3, and MQ after each, serve every message of a folder that MQ wrote and was ended by %s, also without derived files',
    async (signal) => {
      const cluster = await startMqCluster()
      const sent = await produced(cluster.namesrv, 400)
      await cluster.stop(signal)
      for (const missing of [[], ['consumequeue', 'index', 'checkpoint']])
        await Promise.all(versions.map((version) => handOver(version, cluster.storeDirectory, missing, sent)))
    },
    600_000,
  )

  test('repaired by MQ, then used by Apache 5.3.3, then by MQ again', async () => {
    const cluster = await startMqCluster()
    const sent = await produced(cluster.namesrv, 200)
    // Once a second they are written; what is not there cannot be spoilt.
    await vi.waitUntil(() => queueFilesOf(cluster.storeDirectory).length > 1, { timeout: 60_000, interval: 100 })
    await cluster.stop('SIGKILL')
    spoilDerivedFiles(cluster.storeDirectory)
    const repaired = await runBin('mq', 'store', 'repair', cluster.storeDirectory)
    expect([repaired.code, repaired.stderr]).toEqual([0, ''])
    expect((await runBin('mq', 'store', 'verify', cluster.storeDirectory)).stdout).toContain('nothing wrong')

    const more = await withApache('5.3.3', cluster.directory, async () => {
      expect(await consumed('5.3.3', namesrvs['5.3.3'].address, 'handed_repaired', 200)).toEqual(sent)
      return produced(namesrvs['5.3.3'].address, 100)
    })
    const again = await startMqCluster(cluster.directory)
    const got = await consumed('4.7.1', again.namesrv, 'handed_back', 300)
    await again.stop()
    expect(got).toEqual([...sent, ...more].sort())
    expect((await runBin('mq', 'store', 'verify', cluster.storeDirectory)).stdout).toContain('nothing wrong')
  }, 300_000)

  test('Apache 4.7.1 filters by extension files that MQ wrote, goes on with them, and MQ after it', async () => {
    const settings = { enableConsumeQueueExt: true, mappedFileSizeConsumeQueueExt: 2048 }
    const home = temporaryFolder()
    const cluster = await startMqCluster(home, ...brokerConf(home, settings))
    const sent = await produced(cluster.namesrv, 400)
    await cluster.stop()
    expect(readdirSync(join(cluster.storeDirectory, 'consumequeue_ext', 'Handed')).length).toBeGreaterThan(1)

    const more = await withApache(
      '4.7.1',
      home,
      async () => {
        const namesrv = namesrvs['4.7.1']
        const got = await consumed('4.7.1', namesrv.address, 'handed_extended', 200, 'even')
        expect(got).toEqual(sent.filter(isEven))
        // Apache shows the unit of an entry, or says that there is none.
        const query = ['queryCq', '-n', namesrv.address, '-t', 'Handed', '-q', '0', '-i', '0', '-c', '50']
        const { stdout } = await apacheAdmin('4.7.1', ...query)
        const units = stdout.split('\n').filter((line) => line.startsWith('ConsumeQueueData'))
        expect(units.length).toBeGreaterThan(20)
        expect(units.filter((line) => !/"msgStoreTime":\d{13},"size":20,"tagsCode":\d+/.test(line))).toEqual([])
        return produced(namesrv.address, 200)
      },
      settings,
    )
    const again = await startMqCluster(home, ...brokerConf(home, settings))
    const got = await consumed('4.7.1', again.namesrv, 'handed_extended_back', 300, 'even')
    await again.stop()
    expect(got).toEqual([...sent, ...more].filter(isEven).sort())
    const verified = await runBin('mq', 'store', 'verify', cluster.storeDirectory)
    expect(verified.stdout).toContain('nothing wrong')
  }, 300_000)
})

/** Body, message id, queue and offset of each line, in a fixed order. */
const placesOf = (lines: string[][]): string[] =>
  lines.map(([body, id, queue, offset]) => `${body} ${id} ${queue}:${offset}`).sort()

/** The tags that `Clients.java` gives a message go by the number in its body. */
const isEven = (place: string): boolean => /^message-\d*[02468]-/.test(place)

function queueFilesOf(store: string): string[] {
  const topic = join(store, 'consumequeue', 'Handed')
  const ids = existsSync(topic) ? readdirSync(topic) : []
  return ids.map((id) => join(topic, id, '0'.repeat(20))).filter((file) => existsSync(file))
}

function spoilDerivedFiles(store: string): void {
  const [spoilt, ...others] = queueFilesOf(store)
  writeFileSync(spoilt!, readFileSync(spoilt!).fill(0x55, 0, 40))
  for (const queue of others.slice(0, 1)) rmSync(queue)
  for (const name of existsSync(join(store, 'index')) ? readdirSync(join(store, 'index')) : [])
    writeFileSync(join(store, 'index', name), readFileSync(join(store, 'index', name)).fill(0x55, 40, 400))
  rmSync(join(store, 'checkpoint'))
}
