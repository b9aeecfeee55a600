import type { HostAddress } from '@mq/protocol'
import { StoredMessage } from './stored-message.js'

/** A message with its place and its record, in engines that keep records apart from each other. */
export class StoredRecord<Queue> extends StoredMessage<Queue> {
  constructor(
    queue: Queue | undefined,
    topic: string,
    queueId: number,
    queueOffset: number,
    commitLogOffset: number,
    tagsCode: number,
    storeTimestamp: number,
    storeHost: HostAddress,
    readonly record: Uint8Array,
  ) {
    super(queue, topic, queueId, queueOffset, commitLogOffset, record.length, tagsCode, storeTimestamp, storeHost)
  }
}
