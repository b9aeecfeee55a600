import { parseAddress, type Clock, type Logger, type Timer } from '@mq/io'
import type { RunningConfig } from './broker-state.js'
import { nameServersOf } from './registration.js'

/** How often it is asked, ms (`BrokerController.initialize`, 4.7.1). */
const periodMs = 120_000

/** The text behind a URL; rejects when there is none. */
export type FetchText = (url: string) => Promise<string>

/**
 * Tells a broker its name servers (`TopAddressing`, 4.7.1): a web server with a line such as `10.0.0.1:9876;10.0.0.2:9876`. What
 * it has said counts for as long as it does not answer.
 */
export class AddressServer {
  #timer: Timer | undefined
  #closed = false

  constructor(
    private readonly ports: { clock: Clock; logger: Logger; fetchText: FetchText },
    /** `namesrvAddr` becomes what it says. */
    private readonly config: RunningConfig,
    private readonly changed: () => void,
  ) {}

  /** Resolves when it was asked once. */
  start(): Promise<void> {
    this.#timer = this.ports.clock.every(periodMs, () => void this.#ask())
    return this.#ask()
  }

  close(): void {
    this.#closed = true
    this.#timer?.cancel()
  }

  async #ask(): Promise<void> {
    const { logger, fetchText } = this.ports
    const url = addressServerUrl(this.config)
    try {
      const list = checkedList(await fetchText(url))
      if (this.#closed || list === this.config.namesrvAddr) return
      logger.info({ url, namesrvAddr: list }, `address server ${url} names ${list} as name servers`)
      this.config.namesrvAddr = list
      this.changed()
    } catch (error) {
      if (this.#closed) return
      const cause = error instanceof Error ? error.message : String(error)
      logger.warn({ url }, `address server ${url} names no name servers: ${cause}; it is asked again in ${periodMs} ms`)
    }
  }
}

/** `MixAll.getWSAddr`, 4.7.1. */
function addressServerUrl(config: RunningConfig): string {
  const domain = config['rocketmq.namesrv.domain']
  const subgroup = config['rocketmq.namesrv.domain.subgroup']
  return `http://${domain.includes(':') ? domain : `${domain}:8080`}/rocketmq/${subgroup}`
}

/** The first line, when it is a list of addresses. */
function checkedList(text: string): string {
  const [line = ''] = text.trim().split(/[\r\n]/, 1)
  const addresses = nameServersOf(line)
  if (addresses.length === 0) throw new Error('it said nothing')
  for (const address of addresses) parseAddress(address)
  return addresses.join(';')
}
