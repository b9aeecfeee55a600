import {
  propertiesBytesMax,
  recordByteLength,
  type RecordParts,
  renewPropertyCrc,
  TopicName,
  writeRecord,
} from '@mq/protocol'
import { checkQueue } from './check-queue.js'
import type { AppendRefusal, HostAddress, MessageToStore, Refused } from './message-store.js'
import { tagsCodeOfMessage } from './tags-code.js'

export interface RecordEncoderOptions {
  /** Stands in records whose message names none. */
  storeHost: HostAddress
  /** Longest record that is taken, bytes (`maxMessageSize`). */
  recordBytesMax: number
  /** Of the delay levels, ms, as `parseDelayLevels` gives them. */
  delaysMs: readonly number[]
}

/** What a message gets with its place. */
export interface RecordPlace {
  queueOffset: number
  commitLogOffset: number
  storeTimestamp: number
}

const noBody = new Uint8Array(0)

/** Checks messages and makes records of them, in RocketMQ's format. Part of every engine. */
export class RecordEncoder {
  /** One for all: the record writer reads it and lets go of it. */
  readonly #parts: RecordParts

  constructor(private readonly options: RecordEncoderOptions) {
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

  /** A record of its own memory, or why there can be none. */
  encode(message: MessageToStore, place: RecordPlace): Uint8Array | Refused {
    const wrong = checkQueue(message.topic, message.queueId)
    if (wrong !== undefined) return refused('MESSAGE_ILLEGAL', wrong)
    try {
      const size = this.measure(message, message.topic.length)
      if (typeof size !== 'number') return size
      const record = Buffer.allocUnsafe(size)
      this.write(record, 0, message, place)
      return record
    } catch (error) {
      // A host or number that has no place in a record.
      return refused('MESSAGE_ILLEGAL', (error as Error).message)
    }
  }

  /** Bytes the record takes, or why it is not taken. Throws when a host is no IP address. */
  measure(message: MessageToStore, topicBytes: number): number | Refused {
    const { properties, bornHost, storeHost = this.options.storeHost } = message
    const { recordBytesMax } = this.options
    const propertiesBytes = typeof properties === 'string' ? Buffer.byteLength(properties) : properties.length
    if (propertiesBytes > propertiesBytesMax)
      return refused(
        'PROPERTIES_SIZE_EXCEEDED',
        `properties of ${propertiesBytes} bytes, the most is ${propertiesBytesMax}`,
      )
    if (endsInZero(properties)) return refused('MESSAGE_ILLEGAL', 'the properties end in a NUL character')
    const bodyBytes = message.body?.length ?? 0
    const size = recordByteLength({ bornHost, storeHost, topicBytes, bodyBytes, propertiesBytes })
    if (size > recordBytesMax)
      return refused('MESSAGE_SIZE_EXCEEDED', `the record would have ${size} bytes, the most is ${recordBytesMax}`)
    return size
  }

  /** Writes the record of a message that was measured. Throws when a number has no place in it. */
  write(target: Buffer, at: number, message: MessageToStore, place: RecordPlace): void {
    const parts = this.#parts
    parts.queueId = message.queueId
    parts.flag = message.flag
    parts.queueOffset = place.queueOffset
    parts.commitLogOffset = place.commitLogOffset
    parts.sysFlag = message.sysFlag
    parts.bornTimestamp = message.bornTimestamp
    parts.bornHost = message.bornHost
    parts.storeTimestamp = place.storeTimestamp
    parts.storeHost = message.storeHost ?? this.options.storeHost
    parts.reconsumeTimes = message.reconsumeTimes
    parts.preparedTransactionOffset = message.preparedTransactionOffset
    parts.body = message.body ?? noBody
    parts.topic = message.topic
    parts.properties = message.properties
    renewPropertyCrc(target, at, writeRecord(target, at, parts))
  }

  /**
   * What the consume queue keeps of the message for filtering. A delayed message is due by its store time, as recovery works it out again,
   * and earlier only when the clock has been set back: store times are not.
   */
  tagsCode({ tagsCode, topic, properties }: MessageToStore, storeTimestamp: number): number {
    if (tagsCode !== undefined && topic !== TopicName.SCHEDULE) return tagsCode
    return Math.min(tagsCode ?? Infinity, tagsCodeOfMessage(topic, properties, storeTimestamp, this.options.delaysMs))
  }
}

/** Recovery would take such a record, when it is the last, for one that was torn. */
const endsInZero = (properties: string | Uint8Array): boolean =>
  (typeof properties === 'string'
    ? properties.charCodeAt(properties.length - 1)
    : properties[properties.length - 1]) === 0

export const refused = (reason: AppendRefusal, message: string): Refused => ({ ok: false, reason, message })
