import type { HostAddress } from '@mq/protocol'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'
import type { ConsumeQueues } from './consume-queues.js'
import { hasEntry } from './has-entry.js'
import type { MessageToStore, Refused } from './message-store.js'
import { RecordEncoder, type RecordPlace, refused } from './record-encoder.js'
import { StoredMessage } from './stored-message.js'

export interface AppenderOptions {
  log: CommitLog
  queues: ConsumeQueues
  storeHost: HostAddress
  recordBytesMax: number
  delaysMs: readonly number[]
}

/** Encodes messages into the commit log's memory and gives them their offsets. */
export class Appender {
  /** Longest record that is taken: each lies in one file. */
  readonly recordBytesMax: number
  readonly #encoder: RecordEncoder
  /** One for all: the encoder reads it and lets go of it. */
  readonly #place: RecordPlace = { queueOffset: 0, commitLogOffset: 0, storeTimestamp: 0 }

  constructor(private readonly options: AppenderOptions) {
    const { storeHost, delaysMs, log } = options
    this.recordBytesMax = Math.min(options.recordBytesMax, log.recordBytesMax)
    this.#encoder = new RecordEncoder({ storeHost, recordBytesMax: this.recordBytesMax, delaysMs })
  }

  append(message: MessageToStore, storeTimestamp: number): StoredMessage<ConsumeQueue> | Refused {
    const queue = this.options.queues.open(message.topic, message.queueId)
    if (typeof queue === 'string') return refused('MESSAGE_ILLEGAL', queue)
    try {
      return this.#appendTo(queue, message, storeTimestamp)
    } catch (error) {
      // A host or number that has no place in a record. Nothing has been taken yet.
      return refused('MESSAGE_ILLEGAL', (error as Error).message)
    }
  }

  #appendTo(
    queue: ConsumeQueue,
    message: MessageToStore,
    storeTimestamp: number,
  ): StoredMessage<ConsumeQueue> | Refused {
    const { log, storeHost } = this.options
    const size = this.#encoder.measure(message, queue.topicBytes)
    if (typeof size !== 'number') return size
    const isInQueue = hasEntry(message.sysFlag)
    const queueOffset = isInQueue ? queue.nextOffset : 0
    const block = log.room(size)
    const position = log.end
    const place = this.#place
    place.queueOffset = queueOffset
    place.commitLogOffset = position
    place.storeTimestamp = storeTimestamp
    this.#encoder.write(block.bytes, block.used, message, place)
    log.took(block, size)
    if (isInQueue) queue.nextOffset++
    return new StoredMessage(
      isInQueue ? queue : undefined,
      queue.topic,
      message.queueId,
      queueOffset,
      position,
      size,
      this.#encoder.tagsCode(message, storeTimestamp),
      storeTimestamp,
      message.storeHost ?? storeHost,
    )
  }
}
