import type { Language } from '@mq/protocol'
import type { Channel } from '@mq/remoting'

/** A client as its heartbeats describe it (`ClientChannelInfo`). */
export interface Client {
  readonly channel: Channel
  readonly clientId: string
  readonly language: Language | undefined
  readonly version: number
  /** Monotonic time of the last heartbeat, ms. */
  lastHeartbeatMs: number
}

/** A channel without a heartbeat this long is closed, ms (`CHANNEL_EXPIRED_TIMEOUT`). */
export const clientExpiryMs = 120_000

/** Which clients belong to which group, by their channels: what producers and consumers have in common. */
export class ClientChannels {
  readonly #groups = new Map<string, Map<Channel, Client>>()
  readonly #groupsOfChannel = new Map<Channel, Set<string>>()

  /** Notes a heartbeat. True when the group did not have this client on this channel. */
  register(group: string, client: Client): boolean {
    let members = this.#groups.get(group)
    if (members === undefined) this.#groups.set(group, (members = new Map()))
    const known = members.get(client.channel)
    if (known?.clientId === client.clientId) {
      known.lastHeartbeatMs = client.lastHeartbeatMs
      return false
    }
    members.set(client.channel, client)
    const groups = this.#groupsOfChannel.get(client.channel)
    if (groups === undefined) this.#groupsOfChannel.set(client.channel, new Set([group]))
    else groups.add(group)
    return true
  }

  /** True when the client was a member. */
  unregister(group: string, channel: Channel): boolean {
    const members = this.#groups.get(group)
    if (members === undefined || !members.delete(channel)) return false
    if (members.size === 0) this.#groups.delete(group)
    const groups = this.#groupsOfChannel.get(channel)
    groups?.delete(group)
    if (groups?.size === 0) this.#groupsOfChannel.delete(channel)
    return true
  }

  /** Takes a channel that is gone out of all its groups; returns these. */
  forget(channel: Channel): string[] {
    const groups = [...(this.#groupsOfChannel.get(channel) ?? [])]
    for (const group of groups) this.unregister(group, channel)
    return groups
  }

  has(group: string): boolean {
    return this.#groups.has(group)
  }

  groups(): IterableIterator<string> {
    return this.#groups.keys()
  }

  of(group: string): Client[] {
    return [...(this.#groups.get(group)?.values() ?? [])]
  }

  find(group: string, clientId: string): Client | undefined {
    for (const client of this.#groups.get(group)?.values() ?? []) if (client.clientId === clientId) return client
    return undefined
  }

  /** Channels all of whose memberships had their last heartbeat before the given time, ms. */
  silentSince(beforeMs: number): Channel[] {
    const isSilent = (channel: Channel, groups: Set<string>) =>
      [...groups].every((group) => this.#groups.get(group)!.get(channel)!.lastHeartbeatMs < beforeMs)
    return [...this.#groupsOfChannel]
      .filter(([channel, groups]) => isSilent(channel, groups))
      .map(([channel]) => channel)
  }
}
