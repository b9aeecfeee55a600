import { AdminClient } from '@mq/client'
import type { Run } from '../run.js'
import { BrokerNode } from './broker-node.js'
import { NameServerNode } from './name-server-node.js'
import type { SimNode } from './sim-node.js'

/** Name servers, brokers, and the machines of clients. */
export class Cluster {
  readonly nameServers: NameServerNode[]
  readonly brokers: BrokerNode[]
  readonly producers: SimNode[] = []
  readonly consumers: SimNode[] = []

  constructor(private readonly run: Run) {
    const { nameServers, brokers } = run.plan
    this.nameServers = names('namesrv', nameServers).map((name) => new NameServerNode(run, name))
    this.brokers = names('broker', brokers).map((name) => new BrokerNode(run, name, this.namesrv))
  }

  /** What clients and brokers are given. */
  get namesrv(): string {
    return this.nameServers.map(({ address }) => address).join(';')
  }

  get nodes(): SimNode[] {
    return [...this.nameServers, ...this.brokers, ...this.producers, ...this.consumers]
  }

  /** Begins the nodes' lives; resolves when all serve. */
  async start(nodes: readonly SimNode[]): Promise<void> {
    for (const node of nodes) void node.live()
    await this.allUp(nodes, 60_000)
  }

  async allUp(nodes: readonly SimNode[], limitMs: number): Promise<void> {
    const down = () => nodes.filter(({ up, retired }) => !up && !retired)
    if (await this.run.until(() => down().length === 0, limitMs)) return
    this.run.violate(
      'heals',
      `not up after ${limitMs} ms without faults: ${down()
        .map(({ name }) => name)
        .join(', ')}`,
    )
  }

  /** Makes a topic on all brokers, and waits until each name server knows it. */
  async createTopic(topic: string): Promise<void> {
    const { queues } = this.run.plan
    const admin = new AdminClient({ io: this.run.io, namesrv: this.namesrv })
    for (const { address } of this.brokers)
      await admin.createTopic({ addr: address, topic, readQueueNums: queues, writeQueueNums: queues })
    await admin.close()
  }
}

const names = (what: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${what}-${'abcdef'[i]}`)
