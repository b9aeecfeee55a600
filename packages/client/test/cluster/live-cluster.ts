import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broker } from '@mq/broker'
import type { TlsServerOptions } from '@mq/io'
import { nodeIo } from '@mq/io/node'
import { NameServer } from '@mq/namesrv'
import { createMemoryStore } from '@mq/store'
import { freeBrokerPort } from '@mq/test-ports'

export interface LiveCluster {
  namesrv: string
  stop(): Promise<void>
}

/**
 * The cluster these tests run against: the one that the environment variable MQ_TEST_NAMESRV names, else MQ's own name
 * server and broker, in this process, over real sockets.
 */
export async function liveCluster(): Promise<LiveCluster> {
  const given = process.env.MQ_TEST_NAMESRV
  return given ? { namesrv: given, stop: async () => {} } : ownCluster()
}

/** The administrator of a cluster with access control. */
export const operator = { accessKey: 'operator', secretKey: 'a-long-secret' }

/** A cluster that takes signed requests only: the one that MQ_TEST_GUARDED_NAMESRV names, which knows `operator`, or one of ours. */
export async function guardedCluster(): Promise<LiveCluster> {
  const given = process.env.MQ_TEST_GUARDED_NAMESRV
  if (given) return { namesrv: given, stop: async () => {} }
  const folder = mkdtempSync(join(tmpdir(), 'mq-accounts-'))
  const file = join(folder, 'plain_acl.yml')
  const { accessKey, secretKey } = operator
  writeFileSync(file, `accounts:\n- accessKey: ${accessKey}\n  secretKey: ${secretKey}\n  admin: true\n`)
  const cluster = await ownCluster({ aclEnable: true, 'rocketmq.acl.plain.file': file })
  const stop = async () => {
    await cluster.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { ...cluster, stop }
}

/**
 * A group that is new to a queue begins at its first message, whatever it says, as long as that is in memory: here nothing
 * counts as in memory, and all the same as many messages are given out at a time.
 */
const storeConfig = {
  accessMessageInMemoryMaxRatio: 0,
  maxTransferCountOnMessageInDisk: 32,
  maxTransferBytesOnMessageInDisk: 256 * 1024,
}

/** As brokers are by default, Apache's too; the certificate is one that nobody vouches for. */
const tls: TlsServerOptions = { mode: 'permissive', key: pem('key'), cert: pem('cert') }

async function ownCluster(more: Record<string, unknown> = {}): Promise<LiveCluster> {
  const io = nodeIo()
  const nameServer = new NameServer({ io, tls, config: { listenPort: 0 } })
  const { port } = await nameServer.start()
  // Message ids hold the port, so it must be known before the broker listens.
  const listenPort = await freeBrokerPort()
  const store = createMemoryStore({ io, storeHost: { host: '127.0.0.1', port: listenPort }, config: storeConfig })
  const config = {
    ...{ namesrvAddr: `127.0.0.1:${port}`, listenPort, brokerIP1: '127.0.0.1', brokerName: 'broker-a' },
    ...{ transactionCheckInterval: 500, transactionTimeOut: 500, enablePropertyFilter: true },
    // The third level, with which overdue messages are given back, is 10 s otherwise.
    messageDelayLevel: '1s 2s 3s 4s',
    ...more,
  }
  const broker = new Broker({ io, store, tls, config })
  await broker.start()
  return {
    namesrv: `127.0.0.1:${port}`,
    async stop() {
      await broker.close()
      await nameServer.close()
    },
  }
}

function pem(name: string): string {
  return readFileSync(new URL(`../../../io/test/fixtures/tls/${name}.pem`, import.meta.url), 'utf8')
}
