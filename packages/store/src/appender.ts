import { type HostAddress, propertiesBytesMax, recordByteLength, type RecordParts, writeRecord } from '@mq/protocol'
import type { CommitLog } from './commit-log.js'
import type { ConsumeQueue } from './consume-queue.js'
import type { ConsumeQueues } from './consume-queues.js'
import { hasEntry } from './message-reader.js'
import type { AppendRefusal, AppendResult, MessageToStore } from './message-store.js'
import { StoredMessage } from './stored-message.js'
import { tagsCodeOfMessage } from './tags-code.js'

export interface AppenderOptions {
  log: CommitLog
  queues: ConsumeQueues
  storeHost: HostAddress
  recordBytesMax: number
  delaysMs: readonly number[]
}

const noBody = new Uint8Array(0)

/** Encodes messages into the commit log's memory and gives them their offsets. */
export class Appender {
  /** One for all: the record writer reads it and lets go of it. */
  readonly #parts: RecordParts

  constructor(private readonly options: AppenderOptions) {
    const { storeHost } = options
    this.#parts = {
      queueId: 0,
      flag: 0,
      queueOffset: 0,
      commitLogOffset: 0,
      sysFlag: 0,
      bornTimestamp: 0,
      bornHost: storeHost,
      storeTimestamp: 0,
      storeHost,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: undefined,
      topic: '',
      properties: '',
    }
  }

  append(message: MessageToStore, storeTimestamp: number): StoredMessage | AppendResult {
    const queue = this.options.queues.open(message.topic, message.queueId)
    if (typeof queue === 'string') return refused('MESSAGE_ILLEGAL', queue)
    try {
      return this.#appendTo(queue, message, storeTimestamp)
    } catch (error) {
      // A host or number that has no place in a record. Nothing has been taken yet.
      return refused('MESSAGE_ILLEGAL', (error as Error).message)
    }
  }

  #appendTo(queue: ConsumeQueue, message: MessageToStore, storeTimestamp: number): StoredMessage | AppendResult {
    const { log, storeHost: ownHost, recordBytesMax } = this.options
    const { properties } = message
    const body = message.body ?? noBody
    const propertiesBytes = typeof properties === 'string' ? Buffer.byteLength(properties) : properties.length
    if (propertiesBytes > propertiesBytesMax)
      return refused(
        'PROPERTIES_SIZE_EXCEEDED',
        `properties of ${propertiesBytes} bytes, the most is ${propertiesBytesMax}`,
      )
    if (endsInZero(properties)) return refused('MESSAGE_ILLEGAL', 'the properties end in a NUL character')
    const storeHost = message.storeHost ?? ownHost
    const { bornHost } = message
    const topicBytes = queue.topicBytes
    const size = recordByteLength({ bornHost, storeHost, topicBytes, bodyBytes: body.length, propertiesBytes })
    if (size > recordBytesMax || size > log.recordBytesMax)
      return refused(
        'MESSAGE_SIZE_EXCEEDED',
        `the record would have ${size} bytes, the most is ${Math.min(recordBytesMax, log.recordBytesMax)}`,
      )
    const isInQueue = hasEntry(message.sysFlag)
    const queueOffset = isInQueue ? queue.nextOffset : 0
    const block = log.room(size)
    const position = log.end
    this.#fillParts(message, body, queueOffset, position, storeTimestamp, storeHost)
    writeRecord(block.bytes, block.used, this.#parts)
    log.took(block, size)
    if (isInQueue) queue.nextOffset++
    const tagsCode =
      message.tagsCode ?? tagsCodeOfMessage(message.topic, properties, storeTimestamp, this.options.delaysMs)
    return new StoredMessage(
      isInQueue ? queue : undefined,
      queue.topic,
      message.queueId,
      queueOffset,
      position,
      size,
      tagsCode,
      storeTimestamp,
      storeHost,
    )
  }

  #fillParts(
    message: MessageToStore,
    body: Uint8Array,
    queueOffset: number,
    commitLogOffset: number,
    storeTimestamp: number,
    storeHost: HostAddress,
  ): void {
    const parts = this.#parts
    parts.queueId = message.queueId
    parts.flag = message.flag
    parts.queueOffset = queueOffset
    parts.commitLogOffset = commitLogOffset
    parts.sysFlag = message.sysFlag
    parts.bornTimestamp = message.bornTimestamp
    parts.bornHost = message.bornHost
    parts.storeTimestamp = storeTimestamp
    parts.storeHost = storeHost
    parts.reconsumeTimes = message.reconsumeTimes
    parts.preparedTransactionOffset = message.preparedTransactionOffset
    parts.body = body
    parts.topic = message.topic
    parts.properties = message.properties
  }
}

/** Recovery would take such a record, when it is the last, for one that was torn. */
const endsInZero = (properties: string | Uint8Array): boolean =>
  (typeof properties === 'string' ? properties.charCodeAt(properties.length - 1) : properties.at(-1)) === 0

export const refused = (reason: AppendRefusal, message: string): AppendResult => ({ ok: false, reason, message })
