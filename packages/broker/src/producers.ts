import type { Channel } from '@mq/remoting'
import { ClientChannels, type Client } from './client-channels.js'

/** Producers by group (`ProducerManager`, 4.7.1): shown by admin tools, called for transactions and replies. */
export class Producers {
  readonly #clients = new ClientChannels()
  #turn = 0

  register(group: string, client: Client): void {
    this.#clients.register(group, client)
  }

  unregister(group: string, channel: Channel): void {
    this.#clients.unregister(group, channel)
  }

  forget(channel: Channel): void {
    this.#clients.forget(channel)
  }

  of(group: string): Client[] {
    return this.#clients.of(group)
  }

  /** The connection of a member of the group, of another one each time (`getAvaliableChannel`). */
  nextOf(group: string): Channel | undefined {
    const open = this.of(group).filter(({ channel }) => channel.open)
    return open[this.#turn++ % open.length]?.channel
  }

  groups(): string[] {
    return [...this.#clients.groups()]
  }

  silentSince(beforeMs: number): Channel[] {
    return this.#clients.silentSince(beforeMs)
  }
}
