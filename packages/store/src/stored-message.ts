import { type HostAddress, offsetMessageId } from '@mq/protocol'
import type { Arrival, Placed } from './message-store.js'

/** A message that has its place: the answer to the append, then what waits to become visible, then the arrival. */
export class StoredMessage<Queue> implements Placed, Arrival {
  readonly ok = true

  constructor(
    /** Undefined for records that no consume queue leads to. */
    readonly queue: Queue | undefined,
    readonly topic: string,
    readonly queueId: number,
    readonly queueOffset: number,
    readonly commitLogOffset: number,
    readonly size: number,
    readonly tagsCode: number,
    readonly storeTimestamp: number,
    readonly storeHost: HostAddress,
  ) {}

  get endOffset(): number {
    return this.commitLogOffset + this.size
  }

  get messageId(): string {
    return offsetMessageId(this.storeHost, this.commitLogOffset)
  }
}
