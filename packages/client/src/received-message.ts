import { inflateSync } from 'node:zlib'
import {
  addressText,
  asBuffer,
  decodeProperties,
  isRetryTopic,
  MessageProperty,
  MessageSysFlag,
  offsetMessageId,
  propertyOf,
  readInt64,
  recordLayout,
  type HostAddress,
  type MessageQueue,
  type RecordLayout,
  withoutNamespace,
} from '@mq/protocol'
import { ClientError } from './errors.js'

/** A compressed body may not grow beyond this, bytes: a few kilobytes can be made to fill any memory. */
const inflatedBytesMax = 128 * 1024 * 1024

/**
 * A message as a consumer gets it. It reads its fields from the record's bytes when they are asked for, so that what a
 * handler does not look at costs nothing.
 */
export class ReceivedMessage {
  /** Offset in its queue. */
  readonly queueOffset: number
  readonly #bytes: Buffer
  readonly #at: number
  readonly #layout: RecordLayout
  #propertiesText: string | undefined
  #properties: Readonly<Record<string, string>> | undefined
  #body: Buffer | undefined
  #triesHere = 0

  /**
   * Throws `ProtocolError` `RECORD`. `from`: the queue it was read from; made from the record when not given. `namespace` is
   * taken off its topic.
   */
  constructor(
    bytes: Uint8Array,
    at: number,
    private readonly from?: MessageQueue,
    private readonly namespace?: string,
  ) {
    this.#bytes = asBuffer(bytes)
    this.#at = at
    this.#layout = recordLayout(bytes, at)
    this.queueOffset = readInt64(this.#bytes, at + 20)
  }

  /** The queue it was read from. For a retried message this is a queue of the group's retry topic. */
  get queue(): MessageQueue {
    return this.from ?? { topic: this.#storedTopic, brokerName: '', queueId: this.#bytes.readInt32BE(this.#at + 12) }
  }

  /** The topic it was sent to, for a retried message too. */
  get topic(): string {
    const topic = this.from?.topic ?? withoutNamespace(this.namespace, this.#storedTopic)
    if (!isRetryTopic(topic)) return topic
    return withoutNamespace(this.namespace, this.property(MessageProperty.RETRY_TOPIC) ?? topic)
  }

  /**
   * The body, decompressed. Part of the memory of a whole pull answer: copy it to keep a few of many. Throws
   * `MESSAGE_INVALID` when it cannot be decompressed.
   */
  get body(): Buffer {
    return (this.#body ??= this.#readBody())
  }

  /** The body as text. */
  text(): string {
    return this.body.toString('utf8')
  }

  /** The body read as JSON. Throws `MESSAGE_INVALID`. */
  json<T = unknown>(): T {
    try {
      return JSON.parse(this.text()) as T
    } catch (cause) {
      throw new ClientError(
        'MESSAGE_INVALID',
        `the body of message ${this.msgId} is not JSON`,
        { topic: this.topic },
        { cause },
      )
    }
  }

  /** The id its producer gave it (property UNIQ_KEY), the same through all retries; else `offsetMsgId`. */
  get msgId(): string {
    return this.property(MessageProperty.UNIQ_KEY) ?? this.offsetMsgId
  }

  /** Where it is stored: broker address and commit log offset. */
  get offsetMsgId(): string {
    return offsetMessageId(this.storeHost, this.commitLogOffset)
  }

  get tags(): string | undefined {
    return this.property(MessageProperty.TAGS)
  }

  get keys(): string[] {
    return (this.property(MessageProperty.KEYS) ?? '').split(' ').filter((key) => key !== '')
  }

  /** All properties, RocketMQ's own included. */
  get properties(): Readonly<Record<string, string>> {
    return (this.#properties ??= decodeProperties(this.#text))
  }

  /** One property; cheaper than `properties` when few are wanted. */
  property(name: string): string | undefined {
    return propertyOf(this.#text, name)
  }

  /** How many times it was tried before: given back to the broker, or in an ordered consumer tried here; 0 the first time. */
  get reconsumeTimes(): number {
    return this.#bytes.readInt32BE(this.#layout.bodyAt - 16) + this.#triesHere
  }

  /** @internal It is tried once more without having been given back. */
  countTry(): void {
    this.#triesHere++
  }

  /** When its producer made it, ms since the epoch. */
  get bornTimestamp(): number {
    return readInt64(this.#bytes, this.#at + 40)
  }

  /** When its broker stored it, ms since the epoch. */
  get storeTimestamp(): number {
    return readInt64(this.#bytes, this.#layout.storeHostAt - 8)
  }

  get bornHost(): HostAddress {
    return this.#host(this.#at + 48, MessageSysFlag.BORN_HOST_V6)
  }

  get storeHost(): HostAddress {
    return this.#host(this.#layout.storeHostAt, MessageSysFlag.STORE_HOST_V6)
  }

  get commitLogOffset(): number {
    return readInt64(this.#bytes, this.#at + 28)
  }

  /** The producer's own number. */
  get flag(): number {
    return this.#bytes.readInt32BE(this.#at + 16)
  }

  get sysFlag(): number {
    return this.#bytes.readInt32BE(this.#at + 36)
  }

  /** Bytes it takes in the broker's commit log. */
  get storeSize(): number {
    return this.#layout.size
  }

  /** CRC of the body as stored. */
  get bodyCrc(): number {
    return this.#bytes.readInt32BE(this.#at + 8)
  }

  /** @internal The body as it is stored: compressed when `sysFlag` says so. */
  get storedBody(): Buffer {
    const { bodyAt, bodySize } = this.#layout
    return this.#bytes.subarray(bodyAt, bodyAt + bodySize)
  }

  /** What logs and `JSON.stringify` show. */
  toJSON(): object {
    const { topic, queue, queueOffset, msgId, offsetMsgId, tags, keys, reconsumeTimes, bornTimestamp, storeTimestamp } =
      this
    const bodyBytes = this.#layout.bodySize
    return {
      topic,
      queue,
      queueOffset,
      msgId,
      offsetMsgId,
      tags,
      keys,
      reconsumeTimes,
      bornTimestamp,
      storeTimestamp,
      bodyBytes,
    }
  }

  get #text(): string {
    const { propertiesAt, propertiesSize } = this.#layout
    return (this.#propertiesText ??= this.#bytes.toString('utf8', propertiesAt, propertiesAt + propertiesSize))
  }

  get #storedTopic(): string {
    const { topicAt, topicSize } = this.#layout
    return this.#bytes.toString('utf8', topicAt, topicAt + topicSize)
  }

  #host(at: number, v6Flag: number): HostAddress {
    const size = (this.sysFlag & v6Flag) === 0 ? 4 : 16
    return { host: addressText(this.#bytes, at, size), port: this.#bytes.readInt32BE(at + size) }
  }

  #readBody(): Buffer {
    const stored = this.storedBody
    if ((this.sysFlag & MessageSysFlag.COMPRESSED) === 0) return stored
    const type = (this.sysFlag & MessageSysFlag.COMPRESSION_TYPE) >> 8
    if (type === 1 || type === 2)
      throw this.#unreadable(`is compressed as ${type === 1 ? 'LZ4' : 'ZSTD'}, only zlib can be read`)
    try {
      return inflateSync(stored, { maxOutputLength: inflatedBytesMax })
    } catch (cause) {
      throw this.#unreadable('cannot be decompressed', cause)
    }
  }

  #unreadable(problem: string, cause?: unknown): ClientError {
    return new ClientError(
      'MESSAGE_INVALID',
      `the body of message ${this.msgId} ${problem}`,
      { topic: this.topic },
      { cause },
    )
  }
}
