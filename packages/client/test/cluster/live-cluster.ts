import { Broker } from '@mq/broker'
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

async function ownCluster(): Promise<LiveCluster> {
  const io = nodeIo()
  const nameServer = new NameServer({ io, config: { listenPort: 0 } })
  const { port } = await nameServer.start()
  // Message ids hold the port, so it must be known before the broker listens.
  const listenPort = await freeBrokerPort()
  const store = createMemoryStore({ io, storeHost: { host: '127.0.0.1', port: listenPort } })
  const config = {
    ...{ namesrvAddr: `127.0.0.1:${port}`, listenPort, brokerIP1: '127.0.0.1', brokerName: 'broker-a' },
    ...{ transactionCheckInterval: 500, transactionTimeOut: 500, enablePropertyFilter: true },
    // The third level, with which overdue messages are given back, is 10 s otherwise.
    messageDelayLevel: '1s 2s 3s 4s',
  }
  const broker = new Broker({ io, store, config })
  await broker.start()
  return {
    namesrv: `127.0.0.1:${port}`,
    async stop() {
      await broker.close()
      await nameServer.close()
    },
  }
}
