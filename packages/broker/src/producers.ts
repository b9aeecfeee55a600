import type { Channel } from '@mq/remoting'
import { ClientChannels, type Client } from './client-channels.js'

/** Producers by group (`ProducerManager`, 4.7.1): shown by admin tools, called for transactions and replies. */
export class Producers {
  readonly #clients = new ClientChannels()
  readonly #online = new ChannelsById()
  readonly #requesters = new ChannelsById()
  #turn = 0

  register(group: string, client: Client): void {
    this.#clients.register(group, client)
    this.#online.set(client.clientId, client.channel)
  }

  unregister(group: string, channel: Channel): void {
    this.#clients.unregister(group, channel)
  }

  forget(channel: Channel): void {
    this.#clients.forget(channel)
    this.#online.forget(channel)
    this.#requesters.forget(channel)
  }

  of(group: string): Client[] {
    return this.#clients.of(group)
  }

  /** The connection of a member of the group, of another one each time (`getAvaliableChannel`). */
  nextOf(group: string): Channel | undefined {
    const open = this.of(group).filter(({ channel }) => channel.open)
    return open[this.#turn++ % open.length]?.channel
  }

  /**
   * A request that came on this connection says who wants the reply. Java's client may send it before its first heartbeat, when
   * another of its threads is at sending one: 4.7.1 then has nobody to give the reply to. Who is known by another id passes
   * on somebody else's request.
   */
  noteRequester(clientId: string, channel: Channel): void {
    const known = this.#online.idOf(channel)
    if (known === undefined || known === clientId) this.#requesters.set(clientId, channel)
  }

  /** The connection of a client with producers, known by its heartbeats: where replies to it go. */
  channelOf(clientId: string): Channel | undefined {
    return this.#online.get(clientId)
  }

  /** The connection a request came on, of a client that is not known by heartbeats. */
  requesterOf(clientId: string): Channel | undefined {
    return this.#requesters.get(clientId)
  }

  groups(): string[] {
    return [...this.#clients.groups()]
  }

  silentSince(beforeMs: number): Channel[] {
    return this.#clients.silentSince(beforeMs)
  }
}

/** One client id a connection, and the last connection of each id: no more of them than there are connections. */
class ChannelsById {
  readonly #channels = new Map<string, Channel>()
  readonly #ids = new Map<Channel, string>()

  get(id: string): Channel | undefined {
    return this.#channels.get(id)
  }

  idOf(channel: Channel): string | undefined {
    return this.#ids.get(channel)
  }

  set(id: string, channel: Channel): void {
    if (this.#channels.get(id) === channel) return
    this.forget(channel)
    this.#channels.set(id, channel)
    this.#ids.set(channel, id)
  }

  forget(channel: Channel): void {
    const id = this.#ids.get(channel)
    if (id === undefined) return
    this.#ids.delete(channel)
    // A client that came back has another channel by now.
    if (this.#channels.get(id) === channel) this.#channels.delete(id)
  }
}
