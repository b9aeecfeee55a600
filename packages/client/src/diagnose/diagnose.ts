import {
  decodeClusterInfo,
  decodeTopicRouteData,
  requestCommand,
  RequestCode,
  ResponseCode,
  TopicName,
  withNamespace,
  type ClusterInfo,
  type TopicRouteData,
} from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { leaseInstance, type ConnectionOptions } from '../client-instance/shared-instances.js'
import { topicRoute } from '../client-instance/topic-route.js'
import { clientErrorTable, fromRemotingError, fromResponse, type ClientErrorCode } from '../errors.js'

const { GET_BROKER_CLUSTER_INFO, GET_BROKER_RUNTIME_INFO, GET_ROUTEINFO_BY_TOPIC } = RequestCode

export interface DiagnoseOptions extends ConnectionOptions {
  /** Milliseconds for each server to answer in. Default 3000. */
  timeoutMs?: number
}

/** A server as it was met. */
export interface ServerFinding {
  address: string
  /** It answered, whatever it answered. */
  reachable: boolean
  elapsedMs: number
  /** Why not. */
  problem?: string
}

export interface BrokerFinding extends ServerFinding {
  brokerName: string
  cluster: string
  /** 0 is the master. */
  brokerId: number
}

export interface TopicFinding {
  topic: string
  exists: boolean
  /** Queues one may send to, and consume from. */
  writeQueues: number
  readQueues: number
}

export interface DiagnosisProblem {
  code: ClientErrorCode
  problem: string
  /** What to do about it. */
  next: string
}

export interface Diagnosis {
  /** Nothing was found that keeps clients from working. */
  ok: boolean
  /** What is wrong, the cause of most of the rest first. */
  problems: DiagnosisProblem[]
  nameServers: ServerFinding[]
  brokers: BrokerFinding[]
  topic?: TopicFinding
}

/**
 * Says why a client cannot work: looks at each name server, at each broker they know, and at the topic. Connects, asks and
 * changes nothing. Never rejects for what it finds; throws `OPTION_INVALID` for options that make no sense.
 */
export async function diagnose(options: DiagnoseOptions, topic?: string): Promise<Diagnosis> {
  const lease = leaseInstance(options)
  try {
    return await new Examination(lease.instance, options.timeoutMs ?? 3000).run(
      topic === undefined ? undefined : withNamespace(options.namespace, topic),
    )
  } finally {
    await lease.release()
  }
}

class Examination {
  readonly #problems: DiagnosisProblem[] = []
  #brokers: BrokerFinding[] = []
  #topic: TopicFinding | undefined

  constructor(
    private readonly instance: ClientInstance,
    private readonly timeoutMs: number,
  ) {}

  async run(topic: string | undefined): Promise<Diagnosis> {
    const { addresses } = this.instance.nameServers
    const nameServers = await Promise.all(addresses.map((address) => this.#meet(address, GET_BROKER_CLUSTER_INFO)))
    const answering = nameServers.filter((one) => one.reachable).map((one) => one.address)
    for (const { reachable, problem } of nameServers) if (!reachable) this.#note('NAMESRV_UNREACHABLE', problem!)
    if (answering[0] !== undefined) await this.#askOne(answering[0], topic)
    return {
      // One of several name servers is enough.
      ok: answering.length > 0 && this.#problems.every((one) => one.code === 'NAMESRV_UNREACHABLE'),
      problems: this.#problems,
      nameServers,
      brokers: this.#brokers,
      ...(this.#topic && { topic: this.#topic }),
    }
  }

  async #askOne(nameServer: string, topic: string | undefined): Promise<void> {
    try {
      await this.#lookAtBrokers(nameServer)
      if (topic !== undefined && this.#brokers.length > 0) await this.#lookAtTopic(nameServer, topic)
    } catch (error) {
      const { code, problem } = fromRemotingError(error, `name server ${nameServer}`)
      this.#note(code, problem)
    }
  }

  async #lookAtBrokers(nameServer: string): Promise<void> {
    const { brokerAddrTable } = await this.#clusterInfo(nameServer)
    const known = [...brokerAddrTable.values()].flatMap(({ brokerName, cluster, brokerAddrs }) =>
      [...brokerAddrs].map(([brokerId, address]) => ({ brokerName, cluster, brokerId: Number(brokerId), address })),
    )
    if (known.length === 0)
      this.#note('NO_BROKER', `the name server ${nameServer} runs, but no broker has registered with it`)
    this.#brokers = await Promise.all(
      known.map(async (one) => ({ ...one, ...(await this.#meet(one.address, GET_BROKER_RUNTIME_INFO)) })),
    )
    for (const { brokerName, address, reachable, problem } of this.#brokers) {
      const where = `broker ${brokerName} registered itself as ${address} (brokerIP1), where it does not answer`
      if (!reachable) this.#note('CONNECT_FAILED', `${where}: ${problem}`)
    }
  }

  async #lookAtTopic(nameServer: string, topic: string): Promise<void> {
    const data = await this.#route(nameServer, topic)
    if (data === undefined) {
      this.#topic = { topic, exists: false, writeQueues: 0, readQueues: 0 }
      const creates = (await this.#route(nameServer, TopicName.AUTO_CREATE)) !== undefined
      const chance = creates ? 'the first send to it would make it' : 'no broker makes topics by itself'
      return this.#note('TOPIC_NOT_FOUND', `the name server ${nameServer} knows no topic '${topic}'; ${chance}`)
    }
    const { brokers, writeQueues, readQueues } = topicRoute(topic, data)
    this.#topic = { topic, exists: true, writeQueues: writeQueues.length, readQueues: readQueues.length }
    const names = [...brokers.keys()].join(', ')
    if (![...brokers.values()].some((addresses) => addresses.has(0)))
      return this.#note('NO_MASTER', `topic '${topic}' is on ${names}, but none of them has a live master`)
    if (writeQueues.length === 0) this.#note('NO_QUEUE', `topic '${topic}' on ${names} has no queue one may send to`)
    if (readQueues.length === 0)
      this.#note('NO_QUEUE', `topic '${topic}' on ${names} has no queue one may consume from`)
  }

  async #clusterInfo(nameServer: string): Promise<ClusterInfo> {
    const response = await this.#call(nameServer, requestCommand(GET_BROKER_CLUSTER_INFO))
    if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, 'cluster info', { address: nameServer })
    return decodeClusterInfo(response.body ?? new Uint8Array(0))
  }

  async #route(nameServer: string, topic: string): Promise<TopicRouteData | undefined> {
    const response = await this.#call(nameServer, requestCommand(GET_ROUTEINFO_BY_TOPIC, { topic }))
    if (response.code === ResponseCode.TOPIC_NOT_EXIST) return undefined
    if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, `route of ${topic}`, { topic })
    return decodeTopicRouteData(response.body ?? new Uint8Array(0))
  }

  /** Any answer will do. A 4.7.1 broker gives none to what only name servers know. */
  async #meet(address: string, requestCode: number): Promise<ServerFinding> {
    const { clock } = this.instance.io
    const startedMs = clock.monotonic()
    const elapsedMs = () => Math.round(clock.monotonic() - startedMs)
    try {
      await this.#call(address, requestCommand(requestCode))
      return { address, reachable: true, elapsedMs: elapsedMs() }
    } catch (error) {
      return { address, reachable: false, elapsedMs: elapsedMs(), problem: (error as Error).message }
    }
  }

  #call(address: string, command: ReturnType<typeof requestCommand>) {
    return this.instance.remoting.call(address, command, { timeoutMs: this.timeoutMs })
  }

  #note(code: ClientErrorCode, problem: string): void {
    this.#problems.push({ code, problem, next: clientErrorTable[code].next })
  }
}
