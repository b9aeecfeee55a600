import type { Io, Logger } from '@mq/io'
import { RequestCode, UniqueKeys, type Answer, type ReceivedCommand } from '@mq/protocol'
import type { RemotingClient } from '@mq/remoting'
import type { ReceivedMessage } from '../received-message.js'
import { takeReply } from '../request-reply/take-reply.js'
import { passTransactionCheck } from '../transaction/pass-check.js'
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
  readonly producers = new Map<string, Set<ProducerMember>>()
  /** Who waits for a reply, by correlation id. */
  readonly replies = new Map<string, (reply: ReceivedMessage) => void>()
  readonly consumers = new Map<string, ConsumerMember>()
  readonly #reserved = new Set<string>()
  #letSleep: (() => void) | undefined

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
    const members = this.producers.get(member.group)
    if (members) return void members.add(member)
    this.producers.set(member.group, new Set([member]))
    this.#stayAwakeForMembers()
    // Brokers that know this client do not know this group yet, and may have something to ask of it.
    void this.heartbeats.toAll()
  }

  async removeProducer(member: ProducerMember, timeoutMs: number): Promise<void> {
    const members = this.producers.get(member.group)
    if (!members?.delete(member) || members.size > 0) return
    this.producers.delete(member.group)
    await this.heartbeats.unregister({ producerGroup: member.group }, timeoutMs)
    this.#stayAwakeForMembers()
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
    this.#stayAwakeForMembers()
  }

  async removeConsumer(member: ConsumerMember, timeoutMs: number): Promise<void> {
    if (this.consumers.get(member.group) !== member) return
    this.consumers.delete(member.group)
    await this.heartbeats.unregister({ consumerGroup: member.group }, timeoutMs)
    this.#stayAwakeForMembers()
  }

  /** A process does not end before its members are closed, also while no broker is there: what they wait for would be lost. */
  #stayAwakeForMembers(): void {
    const hasMembers = this.producers.size + this.consumers.size > 0
    if (hasMembers) this.#letSleep ??= this.io.host.stayAwake()
    else {
      this.#letSleep?.()
      this.#letSleep = undefined
    }
  }

  async close(): Promise<void> {
    this.routes.close()
    this.heartbeats.close()
    await this.remoting.close()
    this.#letSleep?.()
  }

  #answerBrokers(): void {
    this.remoting.handle(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, (request) => {
      this.consumers.get(request.extFields?.consumerGroup ?? '')?.rebalanceSoon()
    })
    this.remoting.handle(RequestCode.CHECK_TRANSACTION_STATE, (request, address) =>
      passTransactionCheck(this, request, address),
    )
    this.remoting.handle(RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, (request) => takeReply(this, request))
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
