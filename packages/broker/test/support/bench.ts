import { silentLogger, type Io, type Logger } from '@mq/io'
import { simulate, type Faults, type SimHost, type Simulation } from '@mq/io/sim'
import {
  encodeHeartbeatData,
  requestCommand,
  RequestCode,
  type Answer,
  type ExtFields,
  type HeartbeatData,
  type ReceivedCommand,
  type SubscriptionData,
} from '@mq/protocol'
import { createRemotingClient, type RemotingClient } from '@mq/remoting'
import { createFileStore, type StoreConfig } from '@mq/store'
import { Broker, type BrokerConfig, type BrokerOptions } from '../../src/index.js'

export interface BenchOptions {
  seed?: number
  store?: Partial<StoreConfig>
  changeMore?: BrokerOptions['changeMore']
  fetchText?: BrokerOptions['fetchText']
  prepare?: (host: SimHost) => void
  /** Of broker and store. Default: silent. */
  logger?: Logger
  /** Default: what simulated machines have. */
  memoryBytes?: number
}

/** A broker in virtual time, and clients that speak to it in plain frames. */
export class Bench {
  readonly clients: TestClient[] = []
  broker!: Broker
  address = ''

  private constructor(
    readonly sim: Simulation,
    readonly host: SimHost,
    private readonly config: Partial<BrokerConfig>,
    private readonly options: BenchOptions,
    /** What goes wrong; may be changed at any time. */
    readonly faults: Partial<Faults>,
  ) {}

  static async start(config: Partial<BrokerConfig> = {}, options: BenchOptions = {}): Promise<Bench> {
    const faults: Partial<Faults> = {}
    const sim = simulate({ seed: options.seed ?? 1, startMs: Date.UTC(2026, 10, 24, 12), faults })
    const bench = new Bench(sim, sim.host('broker'), config, options, faults)
    options.prepare?.(bench.host)
    await bench.startBroker()
    return bench
  }

  async startBroker(): Promise<void> {
    const { changeMore, fetchText, logger } = this.options
    const io = this.#io()
    const storeHost = { host: this.host.address, port: 10_911 }
    const storeConfig = { mappedFileSizeCommitLog: 1 << 22, ...this.options.store }
    const store = createFileStore({ io, logger, directory: '/store', storeHost, config: storeConfig })
    this.broker = new Broker({
      io,
      store,
      logger,
      changeMore,
      fetchText,
      config: { brokerName: 'broker-a', bindAddress: '0.0.0.0', ...this.config },
    })
    const { address } = await this.sim.settle(this.broker.start())
    this.address = `${this.host.address}:${address.port}`
  }

  #io(): Io {
    const { io } = this.host
    const { memoryBytes } = this.options
    return memoryBytes === undefined ? io : { ...io, host: { ...io.host, memoryBytes } }
  }

  /** Stops the broker in an orderly way and starts it again over the same files. */
  async restart(): Promise<void> {
    await this.sim.settle(this.broker.close())
    this.host.restart()
    await this.startBroker()
  }

  client(name = `client-${this.clients.length}`): TestClient {
    const client = new TestClient(this, name, this.sim.host(name))
    this.clients.push(client)
    return client
  }

  async close(): Promise<void> {
    for (const client of this.clients) await this.sim.settle(client.remoting.close())
    await this.sim.settle(this.broker.close())
  }
}

export class TestClient {
  readonly remoting: RemotingClient
  /** What the broker asked of this client, oldest first. */
  readonly asked: ReceivedCommand[] = []
  readonly strayAnswers: object[] = []

  constructor(
    private readonly bench: Bench,
    readonly id: string,
    host: SimHost,
  ) {
    this.remoting = createRemotingClient({ io: host.io, logger: this.#watching() })
    for (const code of [RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, RequestCode.RESET_CONSUMER_CLIENT_OFFSET]) {
      this.handle(code, () => undefined)
    }
  }

  /** Notes answers that came twice, or to requests that have none. */
  #watching(): Logger {
    const debug = (fields: object, message: string) => {
      if (message.includes('nobody waits for')) this.strayAnswers.push(fields)
    }
    return { ...silentLogger, debug, child: () => this.#watching() }
  }

  handle(code: number, answer: (request: ReceivedCommand) => Answer | undefined): void {
    this.remoting.handle(code, (request) => {
      this.asked.push(request)
      return answer(request)
    })
  }

  call(code: number, extFields?: ExtFields, body?: Uint8Array): Promise<ReceivedCommand> {
    return this.bench.sim.settle(this.begin(code, extFields, body))
  }

  /** The same without letting time pass. */
  begin(code: number, extFields?: ExtFields, body?: Uint8Array): Promise<ReceivedCommand> {
    return this.remoting.call(this.bench.address, requestCommand(code, extFields, body), { timeoutMs: 200_000 })
  }

  send(
    topic: string,
    body: string | Uint8Array,
    more: Partial<Record<'c' | 'd' | 'e' | 'f' | 'i' | 'j' | 'l' | 'm', string>> = {},
  ) {
    return this.call(RequestCode.SEND_MESSAGE_V2, sendFields(topic, more), Buffer.from(body as string))
  }

  pullFields(topic: string, group: string, offset: number, more: ExtFields = {}): ExtFields {
    return {
      consumerGroup: group,
      topic,
      queueId: '0',
      queueOffset: String(offset),
      maxMsgNums: '32',
      sysFlag: '2',
      commitOffset: '0',
      suspendTimeoutMillis: '15000',
      subVersion: '0',
      expressionType: 'TAG',
      ...more,
    }
  }

  pull(topic: string, group: string, offset: number, more: ExtFields = {}) {
    return this.call(RequestCode.PULL_MESSAGE, this.pullFields(topic, group, offset, more))
  }

  heartbeat(data: Partial<HeartbeatData> = {}) {
    const body = encodeHeartbeatData({ clientID: this.id, consumerDataSet: [], producerDataSet: [], ...data })
    return this.call(RequestCode.HEART_BEAT, undefined, body)
  }

  /** The heartbeat of a push consumer of one topic. */
  consume(group: string, topic: string, more: Partial<SubscriptionData> = {}, subVersion = 1) {
    const subscription = (of: string): SubscriptionData => ({
      topic: of,
      subString: '*',
      classFilterMode: false,
      tagsSet: [],
      codeSet: [],
      subVersion,
      expressionType: 'TAG',
    })
    return this.heartbeat({
      consumerDataSet: [
        {
          groupName: group,
          consumeType: 'CONSUME_PASSIVELY',
          messageModel: 'CLUSTERING',
          consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
          subscriptionDataSet: [{ ...subscription(topic), ...more }, subscription(`%RETRY%${group}`)],
          unitMode: false,
        },
      ],
    })
  }
}

/** Fields of SEND_MESSAGE_V2 with a Java producer's values. */
export const sendFields = (topic: string, more: ExtFields = {}): ExtFields => ({
  a: 'PG',
  b: topic,
  c: 'TBW102',
  d: '4',
  e: '0',
  f: '0',
  g: '1795347944162',
  h: '0',
  i: 'WAIT\u0001true\u0002',
  j: '0',
  k: 'false',
  m: 'false',
  ...more,
})

/** Text of properties: `{ TAGS: 'A' }`. */
export const properties = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}\u0001${value}\u0002`)
    .join('')
