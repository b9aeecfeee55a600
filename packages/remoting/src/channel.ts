import type { Address } from '@mq/io'
import type { Answer, ReceivedCommand, RemotingCommand } from '@mq/protocol'
import type { Link } from './link.js'
import type { CallOptions, Channel } from './types.js'

export const defaultCallTimeoutMs = 3000

/** A server's view of one client, over a link. */
export class ServerChannel implements Channel {
  constructor(
    readonly id: number,
    readonly link: Link,
  ) {}

  get remote(): Address {
    return this.link.connection.remote
  }
  get local(): Address {
    return this.link.connection.local
  }
  get secure(): boolean {
    return this.link.connection.secure
  }
  get open(): boolean {
    return this.link.open
  }
  get name(): string {
    return this.link.name
  }

  answer(request: ReceivedCommand, answer: Answer): void {
    this.link.answer(request, answer)
  }

  call(command: RemotingCommand, options: CallOptions = {}): Promise<ReceivedCommand> {
    return new Promise((resolve, reject) => {
      this.link.call(command, options.timeoutMs ?? defaultCallTimeoutMs, options.signal, (error, response) =>
        error ? reject(error) : resolve(response!),
      )
    })
  }

  send(command: RemotingCommand): void {
    this.link.send(command)
  }

  close(): void {
    this.link.end('closed by this side')
  }
}
