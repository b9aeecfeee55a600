import { Producer, PullConsumer, PushConsumer } from '@mq/client'
import type { ProducerOptions, PullConsumerOptions, PushConsumerOptions } from '@mq/client'
import { startLocalCluster, type LocalCluster } from './local-cluster.js'

export interface TestCluster extends LocalCluster, AsyncDisposable {
  /** A producer that is started. It is closed with the cluster. */
  producer(options?: Omit<ProducerOptions, 'namesrv'>): Promise<Producer>
  /** A pull consumer that is started: assign its queues, then poll. It is closed with the cluster. */
  pullConsumer(options: Omit<PullConsumerOptions, 'namesrv'>): Promise<PullConsumer>
  /** A push consumer, not started: subscribe first. It is closed with the cluster. */
  pushConsumer(options: Omit<PushConsumerOptions, 'namesrv'>): PushConsumer
}

/**
 * A name server and a broker in this process, in memory, on free ports of this machine: for your tests.
 *
 *     await using cluster = await startTestCluster()
 *     const producer = await cluster.producer()
 *
 * `brokerConfig`: further keys of a RocketMQ `broker.conf`.
 */
export async function startTestCluster(brokerConfig: Readonly<Record<string, string>> = {}): Promise<TestCluster> {
  const cluster = await startLocalCluster({ memory: true, namesrvPort: 0, brokerPort: 0, brokerConfig })
  const { namesrv } = cluster
  const clients: { close(): Promise<unknown> }[] = []
  const kept = <Client extends { close(): Promise<unknown> }>(client: Client): Client => {
    clients.push(client)
    return client
  }
  const close = async (): Promise<void> => {
    await Promise.all(clients.splice(0).map((client) => client.close()))
    await cluster.close()
  }
  return {
    ...cluster,
    producer: (options) => kept(new Producer({ ...options, namesrv })).start(),
    pullConsumer: (options) => kept(new PullConsumer({ ...options, namesrv })).start(),
    pushConsumer: (options) => kept(new PushConsumer({ ...options, namesrv })),
    close,
    [Symbol.asyncDispose]: close,
  }
}
