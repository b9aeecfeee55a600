import { requestCommand, ResponseCode, type ExtFields, type ReceivedCommand, type RemotingCommand } from '@mq/protocol'
import type { CallOptions } from '@mq/remoting'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { fromRemotingError, fromResponse } from '../errors.js'

/** What a call may be told. */
export interface AdminCallOptions {
  /** Milliseconds. Default: the admin client's `timeoutMs`. */
  timeoutMs?: number
  signal?: AbortSignal
}

/** How admin calls reach servers: answers that are errors become `ClientError`s. */
export class AdminCalls {
  constructor(
    readonly instance: ClientInstance,
    private readonly timeoutMs: number,
  ) {}

  /** Any answer resolves. */
  async invoke(address: string, command: RemotingCommand, options: AdminCallOptions = {}): Promise<ReceivedCommand> {
    try {
      return await this.instance.remoting.call(address, command, this.#callOptions(options))
    } catch (error) {
      throw fromRemotingError(error, `request ${command.code} to ${address}`, { address })
    }
  }

  /** The answer of a broker. Rejects with `REFUSED` or `BUSY` unless it is SUCCESS. */
  async broker(
    address: string,
    code: number,
    what: string,
    extFields?: ExtFields,
    body?: Uint8Array,
    options?: AdminCallOptions,
  ): Promise<ReceivedCommand> {
    const response = await this.invoke(address, requestCommand(code, extFields, body), options)
    if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, what, { address })
    return response
  }

  /** The answer of one name server, whichever answers. */
  async nameServer(
    code: number,
    what: string,
    extFields?: ExtFields,
    body?: Uint8Array,
    options: AdminCallOptions = {},
  ): Promise<ReceivedCommand> {
    const response = await this.instance.nameServers.call(
      () => requestCommand(code, extFields, body),
      this.#callOptions(options),
    )
    if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, what)
    return response
  }

  /** The same request to every name server, for what each of them keeps by itself. Rejects when one fails. */
  async everyNameServer(
    code: number,
    what: string,
    extFields?: ExtFields,
    body?: Uint8Array,
  ): Promise<Map<string, ReceivedCommand>> {
    const answers = new Map<string, ReceivedCommand>()
    for (const address of this.instance.nameServers.addresses)
      answers.set(address, await this.broker(address, code, what, extFields, body))
    return answers
  }

  #callOptions({ timeoutMs = this.timeoutMs, signal }: AdminCallOptions): CallOptions {
    return { timeoutMs, signal }
  }
}

/** The body of an answer, for decoders. */
export const bodyOf = (response: ReceivedCommand): Uint8Array => response.body ?? new Uint8Array(0)
