import {
  type AcknowledgedStatus,
  type AcknowledgementLevel,
  type AppendResult,
  type Arrival,
  type ConsumeQueueEntry,
  type DocumentStore,
  type EngineOptions,
  type GetRequest,
  type GetResult,
  type MessageStore,
  type MessageToStore,
  type QueryRequest,
  type QueryResult,
  type StoreEngine,
  StoreError,
  type StoreStats,
} from '@mq/store'
import { ArrivalListeners, engineSettings, type EngineSettings, refused } from '@mq/store/engine'
import type { SqliteDriver } from './driver.js'
import { OpenStore } from './open-store.js'

export interface SqliteStoreOptions extends EngineOptions {
  /** The SQLite library. */
  driver: SqliteDriver
}

/** An engine that keeps stores in SQLite, by a library of yours. */
export const sqliteEngine =
  (driver: SqliteDriver): StoreEngine =>
  (options) =>
    createSqliteStore({ ...options, driver })

/**
 * A store in one SQLite database, `store.sqlite` in its folder. Call `start` before anything else; it rejects with `StoreError`.
 * Heeds `flushDiskType`, `fileReservedTime`, `cleanResourceInterval`, `maxMessageSize`, `messageDelayLevel`,
 * `messageIndexEnable`, `maxTransferCountOnMessageInMemory`, `maxTransferBytesOnMessageInMemory`, `maxMsgsNumBatch` and
 * `accessMessageInMemoryMaxRatio`.
 */
export const createSqliteStore = (options: SqliteStoreOptions): MessageStore => new SqliteStore(options)

class SqliteStore implements MessageStore {
  readonly acknowledges: AcknowledgementLevel
  readonly recordBytesMax: number
  readonly documents: DocumentStore
  readonly #driver: SqliteDriver
  readonly #settings: EngineSettings
  readonly #arrivals: ArrivalListeners
  #opened: OpenStore | undefined
  #closing: Promise<void> | undefined

  constructor(options: SqliteStoreOptions) {
    this.#driver = options.driver
    const { logger, level, config } = (this.#settings = engineSettings(options))
    this.#arrivals = new ArrivalListeners((error) => logger.error({ error }, 'an arrival listener failed'))
    this.acknowledges = level
    this.recordBytesMax = config.maxMessageSize
    this.documents = {
      read: (name) => this.#open.documents.read(name),
      write: (name, text) => this.#open.documents.write(name, text),
    }
  }

  async start(): Promise<void> {
    this.#opened = OpenStore.open({ driver: this.#driver, settings: this.#settings, arrivals: this.#arrivals })
    this.#opened.retention.start()
  }

  async close(): Promise<void> {
    this.#closing ??= this.#opened?.close()
    await this.#closing
  }

  get #open(): OpenStore {
    const opened = this.#opened
    if (!opened || this.#closing) throw new StoreError('REFUSED', this.refusal ?? 'the store is closed')
    return opened
  }

  get refusal(): string | undefined {
    if (this.#closing) return 'the store is closed'
    return this.#opened ? this.#opened.writer.refusal : 'the store has not been started'
  }

  append(message: MessageToStore): AppendResult {
    const { refusal } = this
    return refusal === undefined ? this.#open.writer.append(message) : refused('SERVICE_NOT_AVAILABLE', refusal)
  }

  whenAcknowledged(endOffset: number, waitStoreOk: boolean, done: (status: AcknowledgedStatus) => void): void {
    if (this.#opened) this.#opened.writer.whenAcknowledged(endOffset, waitStoreOk, done)
    else this.#settings.io.clock.endOfTurn(() => done('FAILED'))
  }

  get(request: GetRequest): GetResult {
    return this.#open.reader.get(request)
  }

  async recordAt(commitLogOffset: number): Promise<Uint8Array | undefined> {
    return this.#open.messages.record(commitLogOffset)
  }

  async entries(topic: string, queueId: number, fromOffset: number, count: number): Promise<ConsumeQueueEntry[]> {
    const queue = this.#open.queues.find(topic, queueId)
    return queue ? this.#open.messages.entries(queue, fromOffset, count) : []
  }

  async query({ topic, key, maxMessages, beginMs, endMs }: QueryRequest): Promise<QueryResult> {
    const { messages } = this.#open
    const { messageIndexEnable, maxMsgsNumBatch } = this.#settings.config
    if (!messageIndexEnable)
      throw new StoreError('NO_INDEX', 'no index of message keys is kept: set messageIndexEnable=true')
    const count = Math.min(maxMessages, maxMsgsNumBatch)
    const { position, storedAt } = messages.last() ?? { position: 0, storedAt: 0 }
    return {
      indexLastUpdateTimestamp: storedAt,
      indexLastUpdatePhyoffset: position,
      records: messages.byKey(topic, key, beginMs, endMs, count),
    }
  }

  onArrival(listener: (arrivals: readonly Arrival[]) => void): () => void {
    return this.#arrivals.listen(listener)
  }

  minOffset(topic: string, queueId: number): number {
    const { queues } = this.#open
    const queue = queues.find(topic, queueId)
    return queue && queue.nextOffset > 0 ? queues.minOffset(queue) : -1
  }

  maxOffset(topic: string, queueId: number): number {
    return this.#open.queues.find(topic, queueId)?.maxOffset ?? 0
  }

  async offsetByTime(topic: string, queueId: number, timestampMs: number): Promise<number> {
    const queue = this.#open.queues.find(topic, queueId)
    return queue && queue.maxOffset > 0 ? this.#open.reader.offsetByTime(queue, timestampMs) : 0
  }

  async storeTimeAt(topic: string, queueId: number, queueOffset: number): Promise<number> {
    const queue = this.#open.queues.find(topic, queueId)
    return queue ? this.#open.messages.storedAt(queue, queueOffset) : -1
  }

  async earliestStoreTime(topic?: string, queueId?: number): Promise<number> {
    if (topic === undefined || queueId === undefined) return this.#open.messages.firstFrom(0)?.storedAt ?? -1
    return this.storeTimeAt(topic, queueId, Math.max(0, this.minOffset(topic, queueId)))
  }

  isCold(topic: string, queueId: number, queueOffset: number): boolean {
    const { queues, messages, writer } = this.#open
    const queue = queues.find(topic, queueId)
    const entry = queue && messages.entries(queue, queueOffset, 1)[0]
    if (entry?.queueOffset !== queueOffset) return false
    const { io, config } = this.#settings
    const inMemory = (io.host.memoryBytes * config.accessMessageInMemoryMaxRatio) / 100
    return writer.end - entry.commitLogOffset > inMemory
  }

  queues(): Map<string, number[]> {
    return this.#open.queues.ids()
  }

  cleanUnusedTopics(topics: ReadonlySet<string>): string[] {
    const { queues, messages, writer, connection } = this.#open
    writer.flush()
    if (writer.refusal !== undefined) return []
    const unused = queues.unusedTopics(topics)
    connection.transaction(() => {
      for (const topic of unused) {
        messages.deleteTopic(topic)
        queues.deleteTopic(topic)
      }
    })
    for (const topic of unused) queues.forgetTopic(topic)
    return unused
  }

  async cleanExpired(): Promise<void> {
    return this.#open.retention.clean()
  }

  stats(): StoreStats {
    const { writer, messages } = this.#open
    const stats = writer.stats()
    return { ...stats, commitLogMinOffset: messages.firstFrom(0)?.position ?? stats.flushedOffset }
  }
}
