import type { Clock, Logger } from '@mq/io'
import { decodeClusterInfo, requestCommand, RequestCode, ResponseCode } from '@mq/protocol'
import type { RemotingClient } from '@mq/remoting'
import type { RunningConfig } from './broker-state.js'
import { nameServersOf } from './registration.js'

/** How long an answer of the name servers counts, and how long they have for it, ms. */
const keptMs = 5000
const askTimeoutMs = 1000

/** The other masters of this broker's cluster: the name servers are asked when somebody wants to know. */
export class OtherMasters {
  #addresses: readonly string[] = []
  #askedMs = -Infinity
  #asking: Promise<readonly string[]> | undefined

  constructor(
    private readonly ports: { clock: Clock; logger: Logger; client: RemotingClient },
    private readonly config: RunningConfig,
    private readonly ownAddress: () => string,
  ) {}

  /**
   * Their addresses, at most five seconds old; older ones, or none, when no name server answers within a second.
   * Does not reject.
   */
  addresses(): Promise<readonly string[]> {
    if (this.ports.clock.monotonic() - this.#askedMs < keptMs) return Promise.resolve(this.#addresses)
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined))
    return this.#asking
  }

  async #ask(): Promise<readonly string[]> {
    const nameServers = nameServersOf(this.config.namesrvAddr)
    if (nameServers.length === 0) return []
    try {
      this.#addresses = await Promise.any(nameServers.map((address) => this.#mastersKnownTo(address)))
    } catch (error) {
      const causes = (error as AggregateError).errors.map(String).join('; ')
      this.ports.logger.info({}, `no name server tells which other masters there are: ${causes}`)
    }
    this.#askedMs = this.ports.clock.monotonic()
    return this.#addresses
  }

  async #mastersKnownTo(nameServer: string): Promise<string[]> {
    const command = requestCommand(RequestCode.GET_BROKER_CLUSTER_INFO)
    const { code, body } = await this.ports.client.call(nameServer, command, { timeoutMs: askTimeoutMs })
    if (code !== ResponseCode.SUCCESS || body === undefined) throw new Error(`${nameServer} answered ${code}`)
    const { brokerAddrTable } = decodeClusterInfo(body)
    return [...brokerAddrTable.values()]
      .filter(({ cluster }) => cluster === this.config.brokerClusterName)
      .map(({ brokerAddrs }) => brokerAddrs.get(0))
      .filter((address) => address !== undefined && address !== this.ownAddress()) as string[]
  }
}
