import type { Channel } from '@mq/remoting'
import { ClientChannels, type Client } from './client-channels.js'

/** Producers by group (`ProducerManager`, 4.7.1): shown by admin tools, called for transactions and replies. */
export class Producers {
  readonly #clients = new ClientChannels()
  /** By client id, and the other way round. */
  readonly #channels = new Map<string, Channel>()
  readonly #clientIds = new Map<Channel, string>()
  #turn = 0

  register(group: string, client: Client): void {
    this.#clients.register(group, client)
    this.#dropClientId(client.channel)
    this.#channels.set(client.clientId, client.channel)
    this.#clientIds.set(client.channel, client.clientId)
  }

  unregister(group: string, channel: Channel): void {
    this.#clients.unregister(group, channel)
  }

  forget(channel: Channel): void {
    this.#clients.forget(channel)
    this.#dropClientId(channel)
  }

  of(group: string): Client[] {
    return this.#clients.of(group)
  }

  /** The connection of a member of the group, of another one each time (`getAvaliableChannel`). */
  nextOf(group: string): Channel | undefined {
    const open = this.of(group).filter(({ channel }) => channel.open)
    return open[this.#turn++ % open.length]?.channel
  }

  /** The connection of a client with producers: where replies to it go. */
  channelOf(clientId: string): Channel | undefined {
    return this.#channels.get(clientId)
  }

  groups(): string[] {
    return [...this.#clients.groups()]
  }

  silentSince(beforeMs: number): Channel[] {
    return this.#clients.silentSince(beforeMs)
  }

  #dropClientId(channel: Channel): void {
    const clientId = this.#clientIds.get(channel)
    if (clientId === undefined) return
    this.#clientIds.delete(channel)
    // A client that came back has another channel by now.
    if (this.#channels.get(clientId) === channel) this.#channels.delete(clientId)
  }
}
