import { encodeClusterInfo, encodeTopicRouteData, RequestCode, ResponseCode, type ReceivedCommand } from '@mq/protocol'
import type { Logger } from '@mq/io'
import { simulate, type Simulation } from '@mq/io/sim'
import { RemotingServer } from '@mq/remoting'
import { FakeBroker } from './fake-broker.js'

/** A simulated cluster: one name server, brokers, and a machine for clients. */
export class FakeCluster {
  readonly sim: Simulation
  readonly brokers: FakeBroker[] = []
  /** Brokers the name server does not know (any more). */
  readonly hidden = new Set<string>()
  /** Permission of all topics. */
  perm = 6
  /** Only slaves are registered. */
  mastersAreGone = false
  /** The name server takes this long for a route. */
  routeDelayMs = 0
  readonly namesrvRequests: ReceivedCommand[] = []

  constructor(seed = 1) {
    this.sim = simulate({ seed })
  }

  get namesrv(): string {
    return `${this.sim.host('ns').address}:9876`
  }

  /** What a client is made with. */
  get options() {
    return { namesrv: this.namesrv, io: this.sim.host('client').io }
  }

  broker(index = 0): FakeBroker {
    return this.brokers[index]!
  }

  async start(brokers = 1, topics: Record<string, number> = {}): Promise<this> {
    await this.startNameServer()
    for (let i = 0; i < brokers; i++) await this.addBroker(topics)
    return this
  }

  async startNameServer(): Promise<void> {
    const server = new RemotingServer({ io: this.sim.host('ns').io })
    server.handle(RequestCode.GET_ROUTEINFO_BY_TOPIC, async (request) => {
      const { routeDelayMs } = this
      if (routeDelayMs > 0)
        await new Promise<void>((done) => void this.sim.host('ns').io.clock.after(routeDelayMs, done))
      return this.#route(request)
    })
    server.handleDefault((request) => {
      this.namesrvRequests.push(request)
      return { code: ResponseCode.SUCCESS }
    })
    server.handle(RequestCode.GET_BROKER_CLUSTER_INFO, () => ({ code: 0, body: this.#clusterInfo() }))
    await this.sim.settle(server.listen({ host: '0.0.0.0', port: 9876 }))
  }

  async addBroker(topics: Record<string, number>): Promise<FakeBroker> {
    const name = `broker-${'abcdef'[this.brokers.length]}`
    const host = this.sim.host(name)
    const broker = new FakeBroker(host.io, name, host.address, topics)
    this.brokers.push(broker)
    await this.sim.settle(broker.start())
    return broker
  }

  /** A broker starts (again) on the same machine, with nothing of what it had. */
  async restartBroker(index = 0, topics: Record<string, number> = {}): Promise<FakeBroker> {
    const { name, host } = this.broker(index)
    const broker = new FakeBroker(this.sim.host(name).restart(), name, host, topics)
    this.brokers[index] = broker
    await this.sim.settle(broker.start())
    return broker
  }

  #known(): FakeBroker[] {
    return this.brokers.filter(({ name }) => !this.hidden.has(name))
  }

  #clusterInfo(): Uint8Array {
    const brokers = this.#known()
    return encodeClusterInfo({
      brokerAddrTable: new Map(brokers.map((one) => [one.name, this.#data(one)])),
      clusterAddrTable: new Map(brokers.length ? [['DefaultCluster', brokers.map((one) => one.name)]] : []),
    })
  }

  #data(broker: FakeBroker) {
    const brokerAddrs = new Map([[this.mastersAreGone ? 1 : 0, broker.address]])
    return { cluster: 'DefaultCluster', brokerName: broker.name, brokerAddrs }
  }

  #route(request: ReceivedCommand) {
    this.namesrvRequests.push(request)
    const topic = request.extFields!.topic!
    const brokers = this.#known().filter((one) => one.topics.has(topic))
    if (brokers.length === 0) return { code: ResponseCode.TOPIC_NOT_EXIST, remark: 'No topic route info' }
    const queueDatas = brokers.map((one) => {
      const queues = one.topics.get(topic)!
      return {
        brokerName: one.name,
        readQueueNums: queues,
        writeQueueNums: queues,
        perm: this.perm,
        topicSynFlag: 0,
        topicSysFlag: 0,
      }
    })
    const brokerDatas = brokers.map((one) => this.#data(one))
    return {
      code: ResponseCode.SUCCESS,
      body: encodeTopicRouteData({ brokerDatas, queueDatas, filterServerTable: new Map(), orderTopicConf: undefined }),
    }
  }
}

/** Keeps what is logged. */
export function recordingLogger(): Logger & { lines: string[] } {
  const lines: string[] = []
  const note = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`)
  const logger = {
    lines,
    debug: note('debug'),
    info: note('info'),
    warn: note('warn'),
    error: note('error'),
    child: () => logger,
  }
  return logger
}
