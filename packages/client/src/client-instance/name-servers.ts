import type { Logger } from '@mq/io'
import type { ReceivedCommand, RemotingCommand } from '@mq/protocol'
import type { CallOptions, RemotingClient } from '@mq/remoting'
import { ClientError, fromRemotingError } from '../errors.js'

/** `a:9876;b:9876`, or a list. Throws `OPTION_INVALID`. */
export function parseNamesrv(namesrv: string | readonly string[]): string[] {
  const addresses = (typeof namesrv === 'string' ? namesrv.split(/[;,]/) : [...namesrv])
    .map((one) => one.trim())
    .filter((one) => one !== '')
  const wrong = addresses.find((one) => !/^.+:\d{1,5}$/.test(one))
  if (addresses.length > 0 && wrong === undefined) return addresses
  throw new ClientError(
    'OPTION_INVALID',
    wrong === undefined
      ? 'no name server address is given: set `namesrv`, for example "127.0.0.1:9876"'
      : `name server address '${wrong}' is not host:port, as in "127.0.0.1:9876" or "ns1:9876;ns2:9876"`,
  )
}

/** Calls to the name servers: one of them at a time, the next one when it fails. */
export class NameServers {
  #chosen: number

  constructor(
    readonly addresses: readonly string[],
    private readonly remoting: RemotingClient,
    private readonly logger: Logger,
    first: number,
  ) {
    this.#chosen = first % addresses.length
  }

  /** Any answer resolves. Rejects with `NAMESRV_UNREACHABLE` when each was tried. */
  async call(makeCommand: () => RemotingCommand, options: CallOptions = {}): Promise<ReceivedCommand> {
    let lastError: unknown
    for (let tries = 0; tries < this.addresses.length; tries++) {
      const address = this.addresses[this.#chosen]!
      try {
        return await this.remoting.call(address, makeCommand(), options)
      } catch (error) {
        const failure = fromRemotingError(error, `name server ${address}`)
        if (failure.code === 'ABORTED' || failure.code === 'CLOSED') throw failure
        lastError = failure
        this.#chosen = (this.#chosen + 1) % this.addresses.length
        this.logger.warn({ address, error: failure.message }, `name server ${address} failed, trying the next`)
      }
    }
    throw this.#unreachable(lastError)
  }

  #unreachable(cause: unknown): ClientError {
    const places = this.addresses.join(', ')
    const why = cause instanceof Error ? ` (${(cause.cause as Error | undefined)?.message ?? cause.message})` : ''
    return new ClientError('NAMESRV_UNREACHABLE', `no name server of ${places} can be reached${why}`, {}, { cause })
  }
}
