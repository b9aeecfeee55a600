import type { Io, Logger } from '@mq/io'
import { RequestCode, UniqueKeys, type Answer, type ReceivedCommand } from '@mq/protocol'
import type { RemotingClient } from '@mq/remoting'
import { localAddress } from './client-id.js'
import type { ConsumerMember, ProducerMember } from './group-member.js'
import { Heartbeats } from './heartbeats.js'
import { NameServers } from './name-servers.js'
import { Routes } from './routes.js'

export interface ClientInstanceOptions {
  io: Io
  logger: Logger
  remoting: RemotingClient
  namesrv: readonly string[]
  clientId: string
}

/**
 * What producers and consumers of one process share (`MQClientInstance`): connections, routes, heartbeats, and the
 * client id under which brokers know them.
 */
export class ClientInstance {
  readonly clientId: string
  readonly io: Io
  readonly logger: Logger
  readonly remoting: RemotingClient
  readonly nameServers: NameServers
  readonly routes: Routes
  readonly heartbeats: Heartbeats
  readonly uniqueKeys: UniqueKeys
  readonly producers = new Map<string, ProducerMember>()
  readonly consumers = new Map<string, ConsumerMember>()
  readonly #reserved = new Set<string>()

  constructor({ io, logger, remoting, namesrv, clientId }: ClientInstanceOptions) {
    this.io = io
    this.remoting = remoting
    this.clientId = clientId
    this.logger = logger.child({ clientId: this.clientId })
    this.nameServers = new NameServers(namesrv, remoting, this.logger, io.random.below(namesrv.length))
    this.routes = new Routes(this.nameServers, io.clock, this.logger)
    this.heartbeats = new Heartbeats(this, this.routes, remoting, io.clock, this.logger)
    this.uniqueKeys = new UniqueKeys({
      address: localAddress(io),
      pid: io.host.pid,
      source: io.random.uint32(),
      now: () => io.clock.now(),
    })
    this.#answerBrokers()
  }

  /** Several producers of a group in one client are one to the brokers. */
  addProducer(member: ProducerMember): void {
    this.producers.set(member.group, member)
  }

  async removeProducer(member: ProducerMember, timeoutMs: number): Promise<void> {
    if (this.producers.get(member.group) !== member) return
    this.producers.delete(member.group)
    await this.heartbeats.unregister({ producerGroup: member.group }, timeoutMs)
  }

  /** A group may live only once in a client; a consumer takes the place before it starts. */
  reserveConsumer(group: string): void {
    this.#reserved.add(group)
  }

  releaseConsumer(group: string): void {
    this.#reserved.delete(group)
  }

  holdsConsumer(group: string): boolean {
    return this.#reserved.has(group)
  }

  addConsumer(member: ConsumerMember): void {
    this.consumers.set(member.group, member)
  }

  async removeConsumer(member: ConsumerMember, timeoutMs: number): Promise<void> {
    if (this.consumers.get(member.group) !== member) return
    this.consumers.delete(member.group)
    await this.heartbeats.unregister({ consumerGroup: member.group }, timeoutMs)
  }

  async close(): Promise<void> {
    this.routes.close()
    this.heartbeats.close()
    await this.remoting.close()
  }

  #answerBrokers(): void {
    this.remoting.handle(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, (request) => {
      this.consumers.get(request.extFields?.consumerGroup ?? '')?.rebalanceSoon()
    })
    const { RESET_CONSUMER_CLIENT_OFFSET, GET_CONSUMER_STATUS_FROM_CLIENT } = RequestCode
    const { GET_CONSUMER_RUNNING_INFO, CONSUME_MESSAGE_DIRECTLY } = RequestCode
    for (const code of [RESET_CONSUMER_CLIENT_OFFSET, GET_CONSUMER_STATUS_FROM_CLIENT])
      this.remoting.handle(code, (request) => this.#serve(request.extFields?.group, request))
    for (const code of [GET_CONSUMER_RUNNING_INFO, CONSUME_MESSAGE_DIRECTLY])
      this.remoting.handle(code, (request) => this.#serve(request.extFields?.consumerGroup, request))
  }

  #serve(group: string | undefined, request: ReceivedCommand): Answer | Promise<Answer> | undefined | void {
    const consumer = this.consumers.get(group ?? '')
    if (consumer) return consumer.serve(request)
    return { code: 1, remark: `no consumer of group '${group ?? ''}' lives in client ${this.clientId}` }
  }
}
