import type { Clock, Logger, Timer } from '@mq/io'
import {
  encodeHeartbeatData,
  requestCommand,
  RequestCode,
  ResponseCode,
  type ConsumerData,
  type RemotingCommand,
} from '@mq/protocol'
import type { RemotingClient } from '@mq/remoting'
import type { ConsumerMember } from './group-member.js'
import type { Routes } from './routes.js'
import { masterId } from './topic-route.js'

const periodMs = 30_000
/** After this, ms, a heartbeat that did not arrive is sent again: until it does, the broker serves no group of this client. */
const retryMs = 1000

/** Who is to be announced. */
export interface Members {
  readonly clientId: string
  readonly producers: ReadonlyMap<string, unknown>
  readonly consumers: ReadonlyMap<string, ConsumerMember>
}

/**
 * Tells brokers which groups live in this client: every 30 s, when the groups change, when a broker is new in the routes,
 * and each second those that could not be told, or whose connection was lost. Without consumers only masters are told
 * (4.7.1 `MQClientInstance`).
 */
export class Heartbeats {
  /** Brokers that may know us. */
  readonly #told = new Set<string>()
  /** Masters that are told although no topic in use is theirs. */
  #others: readonly string[] = []
  /** Brokers that a heartbeat did not reach, or that forgot us with the connection. */
  readonly #due = new Set<string>()
  readonly #timer: Timer
  #retry: Timer | undefined
  #closed = false

  constructor(
    private readonly members: Members,
    private readonly routes: Routes,
    private readonly remoting: RemotingClient,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    this.#timer = clock.every(periodMs, () => void this.toAll())
    routes.onChange(() => this.#toNew())
    remoting.onConnection(({ address, state }) => {
      if (state === 'lost') this.#forgotBy(address)
      // Before whatever made the connection asks the broker for something.
      else if (this.#due.has(address) && !this.#isEmpty()) void this.#to(address)
    })
  }

  /** Resolves when each broker has answered or failed; failures are logged. */
  async toAll(): Promise<void> {
    if (this.#isEmpty()) return
    await Promise.all(this.addresses().map((address) => this.#to(address)))
  }

  /** Tells these masters too, from now on. */
  tellToo(masters: readonly string[]): void {
    this.#others = masters
    this.#toNew()
  }

  /** Brokers that are, or should be, told. */
  addresses(): string[] {
    const addresses = new Set<string>(this.#others)
    for (const topic of this.routes.topics()) {
      for (const broker of this.routes.known(topic)?.brokers.values() ?? []) {
        for (const [id, address] of broker)
          if (id === masterId || this.members.consumers.size > 0) addresses.add(address)
      }
    }
    return [...addresses]
  }

  /** Tells the brokers that a group is gone. */
  async unregister(group: { producerGroup?: string; consumerGroup?: string }, timeoutMs: number): Promise<void> {
    const command = () => requestCommand(RequestCode.UNREGISTER_CLIENT, { clientID: this.members.clientId, ...group })
    const calls = [...this.#told].map((address) => this.remoting.call(address, command(), { timeoutMs }))
    for (const { status, reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
      if (status === 'rejected') this.logger.debug({ error: String(reason) }, 'a broker could not be told of the end')
    }
  }

  close(): void {
    this.#closed = true
    this.#timer.cancel()
    this.#retry?.cancel()
  }

  #isEmpty(): boolean {
    return this.members.producers.size === 0 && this.members.consumers.size === 0
  }

  #toNew(): void {
    if (this.#isEmpty()) return
    for (const address of this.addresses()) if (!this.#told.has(address)) void this.#to(address)
  }

  #forgotBy(address: string): void {
    if (this.#told.has(address)) this.#tellLater(address)
  }

  #tellLater(address: string): void {
    if (this.#closed) return
    this.#due.add(address)
    this.#retry ??= this.clock.after(retryMs, () => this.#toDue())
  }

  #toDue(): void {
    this.#retry = undefined
    const wanted = new Set(this.#isEmpty() ? [] : this.addresses())
    for (const address of [...this.#due]) {
      if (wanted.has(address)) void this.#to(address)
      else this.#forget(address)
    }
  }

  /** It is gone from the routes; when it comes back there, it is new. */
  #forget(address: string): void {
    this.#due.delete(address)
    this.#told.delete(address)
  }

  async #to(address: string): Promise<void> {
    this.#told.add(address)
    this.#due.delete(address)
    try {
      const response = await this.remoting.call(address, this.#command())
      if (response.code === ResponseCode.SUCCESS) return
      this.logger.warn({ address, code: response.code, remark: response.remark }, `${address} refused a heartbeat`)
    } catch (error) {
      this.logger.debug({ address, error: (error as Error).message }, `no heartbeat to ${address}`)
      this.#tellLater(address)
    }
  }

  #command(): RemotingCommand {
    const { clientId, producers, consumers } = this.members
    const consumerDataSet: ConsumerData[] = [...consumers.values()].map((one) => one.describe())
    const producerDataSet = [...producers.keys()].map((groupName) => ({ groupName }))
    return requestCommand(
      RequestCode.HEART_BEAT,
      undefined,
      encodeHeartbeatData({ clientID: clientId, consumerDataSet, producerDataSet }),
    )
  }
}
