import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { startApacheBroker, startApacheNamesrv } from '@mq/foreign'
import { freeBrokerPort, freePort } from '@mq/test-ports'
import { afterAll, expect, test } from 'vitest'
import { javaClients, linesOf } from '../src/java-clients.js'
import { removeFolders, startMqCluster, temporaryFolder } from '../src/mq-cluster.js'
import { describeWith } from '../src/skip.js'

describeWith(['java', 'maven'], "Apache's broker 4.7.1 on a folder MQ wrote", () => {
  afterAll(removeFolders)

  test.each(['SIGTERM', 'SIGKILL'] as const)('serves every message after MQ was ended by %s', async (signal) => {
    const cluster = await startMqCluster()
    const sent = linesOf('sent', await javaClients('4.7.1', 'produce', cluster.namesrv, 'Handed', 400))
    await cluster.stop(signal)

    const home = temporaryFolder()
    cpSync(cluster.storeDirectory, join(home, 'store'), { recursive: true })
    const namesrv = await startApacheNamesrv({ version: '4.7.1', port: await freePort(), directory: temporaryFolder() })
    const port = await freeBrokerPort()
    const broker = await startApacheBroker({
      version: '4.7.1',
      port,
      namesrv: namesrv.address,
      directory: home,
      name: 'broker-a',
    })
    try {
      const got = linesOf(
        'got',
        await javaClients('4.7.1', 'consume', namesrv.address, 'Handed', 400, 'handed_group', '*'),
      )
      const place = ([body, id, queue, offset]: string[]) => [body, `${id} ${queue}:${offset}`] as const
      expect(new Map(got.map(place))).toEqual(new Map(sent.map(place)))
    } finally {
      await broker.stop()
      await namesrv.stop()
    }
  })
})
