import { type Io, type Logger, silentLogger } from '@mq/io'
import { isSystemTopic } from '@mq/protocol'
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
  type StoreConfig,
  storeConfigTable,
  type StoreEngine,
  StoreError,
  type StoreStats,
} from '@mq/store'
import { ArrivalListeners, refused } from '@mq/store/engine'
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
  readonly documents: DocumentStore
  readonly #options: SqliteStoreOptions
  readonly #io: Io
  readonly #config: StoreConfig
  readonly #logger: Logger
  readonly #arrivals: ArrivalListeners
  #opened: OpenStore | undefined
  #closing: Promise<void> | undefined

  constructor(options: SqliteStoreOptions) {
    this.#options = options
    this.#io = options.io
    const logger = (this.#logger = options.logger ?? silentLogger)
    this.#config = { ...storeConfigTable.defaults(), ...options.config }
    this.#arrivals = new ArrivalListeners((error) => logger.error({ error }, 'an arrival listener failed'))
    this.acknowledges = this.#config.flushDiskType === 'SYNC_FLUSH' ? 'flushed' : 'received'
    this.documents = {
      read: (name) => this.#open.documents.read(name),
      write: (name, text) => this.#open.documents.write(name, text),
    }
  }

  async start(): Promise<void> {
    const { driver, io, directory, storeHost, reservedHours } = this.#options
    this.#opened = OpenStore.open({
      driver,
      io,
      directory,
      storeHost,
      config: this.#config,
      logger: this.#logger,
      reservedHours: reservedHours ?? (() => this.#config.fileReservedTime),
      arrivals: this.#arrivals,
    })
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

  whenAcknowledged(endOffset: number, _waitStoreOk: boolean, done: (status: AcknowledgedStatus) => void): void {
    // Written and acknowledged are one here: there is nothing between them to wait for.
    if (this.#opened) this.#opened.writer.whenAcknowledged(endOffset, done)
    else this.#io.clock.endOfTurn(() => done('FAILED'))
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
    if (!this.#config.messageIndexEnable)
      throw new StoreError('NO_INDEX', 'no index of message keys is kept: set messageIndexEnable=true')
    const count = Math.min(maxMessages, this.#config.maxMsgsNumBatch)
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
    const inMemory = (this.#io.host.memoryBytes * this.#config.accessMessageInMemoryMaxRatio) / 100
    return writer.end - entry.commitLogOffset > inMemory
  }

  queues(): Map<string, number[]> {
    return this.#open.queues.ids()
  }

  cleanUnusedTopics(topics: ReadonlySet<string>): string[] {
    const { queues, messages, writer, connection } = this.#open
    writer.commit()
    if (writer.refusal !== undefined) return []
    const unused = queues.topics().filter((topic) => !topics.has(topic) && !isSystemTopic(topic))
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
    const { directory, io } = this.#options
    const { totalBytes, freeBytes } = io.disk.space(directory)
    return {
      commitLogMinOffset: messages.firstFrom(0)?.position ?? writer.committedTo,
      commitLogMaxOffset: writer.end,
      flushedOffset: writer.committedTo,
      dispatchBehindBytes: 0,
      putMessages: writer.putMessages,
      putBytes: writer.putBytes,
      appendMsMax: Math.round(writer.commitMsMax),
      diskUsedRatio: totalBytes > 0 ? 1 - freeBytes / totalBytes : 0,
      directory,
    }
  }
}
