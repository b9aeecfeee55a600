import { Broker } from '@mq/broker'
import { simulate, type Simulation } from '@mq/io/sim'
import { NameServer } from '@mq/namesrv'
import { createMemoryStore } from '@mq/store'
import { AdminClient, Producer } from '../../src/index.js'

/** MQ's own name server and broker in virtual time, each on a host of its own. */
export class SimulatedCluster {
  readonly sim: Simulation
  /** Hosts that nothing reaches and that reach nothing. */
  readonly cutOff = new Set<string>()
  producer!: Producer
  admin!: AdminClient

  constructor(seed = 1) {
    const reachable = (from: string, to: string) => from === to || !(this.cutOff.has(from) || this.cutOff.has(to))
    this.sim = simulate({ seed, faults: { reachable } })
  }

  get namesrv(): string {
    return `${this.sim.host('ns').address}:9876`
  }

  get brokerAddress(): string {
    return `${this.sim.host('broker').address}:10911`
  }

  /** What a client on this host is made with. */
  on(host: string) {
    return { namesrv: this.namesrv, io: this.sim.host(host).io }
  }

  async start(brokerConfig: Record<string, unknown> = {}): Promise<this> {
    await this.sim.settle(
      new NameServer({ io: this.sim.host('ns').io, config: { listenPort: 9876, bindAddress: '0.0.0.0' } }).start(),
    )
    const { io, address: host } = this.sim.host('broker')
    const store = createMemoryStore({ io, storeHost: { host, port: 10911 } })
    const own = { namesrvAddr: this.namesrv, bindAddress: '0.0.0.0', brokerIP1: host, brokerName: 'broker-a' }
    const config = { ...own, ...brokerConfig }
    await this.sim.settle(new Broker({ io, store, config }).start())
    this.admin = new AdminClient(this.on('tools'))
    this.producer = new Producer(this.on('producer'))
    await this.sim.settle(this.producer.start())
    return this
  }

  async createTopic(topic: string, queues: number): Promise<void> {
    const cluster = 'DefaultCluster'
    await this.sim.settle(this.admin.createTopic({ cluster, topic, readQueueNums: queues, writeQueueNums: queues }))
    await this.sim.run(1000)
  }
}
