import { type HostAddress, offsetMessageId } from '@mq/protocol'
import type { Arrival, Placed } from '@mq/store'
import type { Queue } from './queues.js'

/** A message that has its place: the answer to the append, what the next transaction writes, then the arrival. */
export class StoredMessage implements Placed, Arrival {
  readonly ok = true

  constructor(
    /** Undefined for half messages and rollbacks. */
    readonly queue: Queue | undefined,
    readonly topic: string,
    readonly queueId: number,
    readonly queueOffset: number,
    readonly commitLogOffset: number,
    readonly tagsCode: number,
    readonly storeTimestamp: number,
    readonly storeHost: HostAddress,
    readonly record: Uint8Array,
    /** What it can be found by. */
    readonly keys: readonly string[],
  ) {}

  get size(): number {
    return this.record.length
  }

  get endOffset(): number {
    return this.commitLogOffset + this.record.length
  }

  get messageId(): string {
    return offsetMessageId(this.storeHost, this.commitLogOffset)
  }
}
