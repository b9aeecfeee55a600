import type { Logger } from '@mq/io'
import { simulate, type SimHost, type Simulation } from '@mq/io/sim'
import {
  crc32,
  encodeRegisterBrokerBody,
  requestCommand,
  RequestCode,
  type ExtFields,
  type ReceivedCommand,
  type RemotingCommand,
  type TopicConfig,
} from '@mq/protocol'
import { createRemotingClient, type RemotingClient } from '@mq/remoting'
import { NameServer, type NamesrvConfig } from '../../src/index.js'

export interface RegisterOptions {
  brokerName?: string
  brokerAddr?: string
  clusterName?: string
  brokerId?: number
  haServerAddr?: string
  topics?: Record<string, Partial<TopicConfig>>
  counter?: number
  filterServers?: string[]
  compressed?: boolean
  /** Default: that of the body. */
  bodyCrc32?: number
  version?: number
}

/** A client of the name server, on a machine of its own: one connection. */
export class Peer {
  constructor(
    private readonly sim: Simulation,
    readonly client: RemotingClient,
    private readonly address: string,
  ) {}

  send(command: RemotingCommand): Promise<ReceivedCommand> {
    return this.sim.settle(this.client.call(this.address, command))
  }

  call(code: number, extFields?: ExtFields, body?: Uint8Array | string): Promise<ReceivedCommand> {
    return this.send(requestCommand(code, extFields, typeof body === 'string' ? Buffer.from(body) : body))
  }

  sendOneway(command: RemotingCommand): Promise<void> {
    return this.sim.settle(this.client.send(this.address, command))
  }

  register(options: RegisterOptions = {}): Promise<ReceivedCommand> {
    return this.send(registration(options))
  }

  /** The route's addresses and queues, or the code of the refusal. */
  async route(topic: string) {
    const { code, body } = await this.call(RequestCode.GET_ROUTEINFO_BY_TOPIC, { topic })
    return code === 0 ? JSON.parse(Buffer.from(body!).toString()) : code
  }
}

export function registration(options: RegisterOptions = {}): RemotingCommand {
  const { brokerName = 'broker-a', brokerId = 0, compressed = false, counter = 1 } = options
  const topics = Object.entries(options.topics ?? { TopicA: {} }).map(([topicName, given]) => [
    topicName,
    {
      topicName,
      readQueueNums: 4,
      writeQueueNums: 4,
      perm: 6,
      topicFilterType: 'SINGLE_TAG' as const,
      topicSysFlag: 0,
      order: false,
      ...given,
    },
  ])
  const body = encodeRegisterBrokerBody(
    {
      filterServerList: options.filterServers ?? [],
      topicConfigSerializeWrapper: {
        dataVersion: { counter, timestamp: 1 },
        topicConfigTable: new Map(topics as [string, TopicConfig][]),
      },
    },
    compressed,
  )
  const command = requestCommand(
    RequestCode.REGISTER_BROKER,
    {
      brokerName,
      brokerAddr: options.brokerAddr ?? '10.1.0.1:10911',
      clusterName: options.clusterName ?? 'DefaultCluster',
      brokerId: String(brokerId),
      haServerAddr: options.haServerAddr ?? '10.1.0.1:10912',
      compressed: String(compressed),
      bodyCrc32: String(options.bodyCrc32 ?? crc32(body)),
    },
    body,
  )
  if (options.version !== undefined) command.version = options.version
  return command
}

/** A name server in virtual time. */
export class Lab {
  readonly lines: string[] = []
  nameServer!: NameServer
  address = ''

  private constructor(
    readonly sim: Simulation,
    readonly host: SimHost,
    private readonly config: Partial<NamesrvConfig>,
  ) {}

  static async start(config: Partial<NamesrvConfig> = {}, seed = 1): Promise<Lab> {
    const sim = simulate({ seed })
    const lab = new Lab(sim, sim.host('namesrv'), config)
    await lab.startNameServer()
    return lab
  }

  async startNameServer(): Promise<void> {
    const note = (_fields: object, line: string) => void this.lines.push(line)
    const logger: Logger = { debug: () => {}, info: note, warn: note, error: note, child: () => logger }
    this.nameServer = new NameServer({ io: this.host.io, logger, config: { bindAddress: '0.0.0.0', ...this.config } })
    const { port } = await this.sim.settle(this.nameServer.start())
    this.address = `${this.host.address}:${port}`
  }

  peer(name: string): Peer {
    return new Peer(this.sim, createRemotingClient({ io: this.sim.host(name).io }), this.address)
  }
}
