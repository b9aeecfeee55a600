import { type Io, IoError, type Logger, silentLogger, type Timer } from '@mq/io'
import { isSystemTopic, parseDelayLevels, recordLayout, recordProperties } from '@mq/protocol'
import { Acknowledgements } from './acknowledgements.js'
import { Appender, refused } from './appender.js'
import { Checkpoint, type StoreNote } from './checkpoint.js'
import { CommitLog } from './commit-log.js'
import { ConsumeQueues } from './consume-queues.js'
import { entryBytes } from './consume-queue-entry.js'
import { FileDocuments } from './documents.js'
import { Indexer } from './indexer.js'
import { KeyIndex } from './key-index.js'
import { hasKey } from './message-keys.js'
import { GroupCommit } from './group-commit.js'
import { MessageReader } from './message-reader.js'
import {
  type AcknowledgedStatus,
  type AcknowledgementLevel,
  type AppendResult,
  type Arrival,
  type ConsumeQueueEntry,
  type GetRequest,
  type GetResult,
  type HostAddress,
  type MessageStore,
  type MessageToStore,
  type QueryRequest,
  type QueryResult,
  StoreError,
  type StoreStats,
} from './message-store.js'
import { OpenFiles } from './open-files.js'
import { PageCache } from './page-cache.js'
import { queueNoteOf, recover, type Recovered } from './recovery.js'
import { RecordLookup } from './record-lookup.js'
import { Retention } from './retention.js'
import { storeConfigTable, type StoreConfig } from './store-config.js'
import { StoreFolder } from './store-folder.js'
import { StoredMessage } from './stored-message.js'

export interface FileStoreOptions {
  io: Io
  /** Absolute path of the store's folder; made when missing. */
  directory: string
  /** Address that stands in records and message ids: where clients reach the broker. */
  storeHost: HostAddress
  /** Default: silent. */
  logger?: Logger
  /** What differs from RocketMQ's defaults; see `storeConfigTable`. */
  config?: Partial<StoreConfig>
  /** Bytes of the newest messages kept in memory. Default 32 MiB. */
  tailBytes?: number
  /** Bytes of older messages kept in memory after they were read. Default 16 MiB. */
  pageBytes?: number
}

/** A store in RocketMQ's own files. Call `start` before anything else. */
export function createFileStore(options: FileStoreOptions): MessageStore {
  return new FileStore(options)
}

const writeRetryMs = 1000
const timeoutLookMs = 500
/** Nobody else needs the threads then. */
const syncsAtClose = 4

class FileStore implements MessageStore {
  readonly acknowledges: AcknowledgementLevel
  readonly documents: FileDocuments
  readonly #io: Io
  readonly #logger: Logger
  readonly #config: StoreConfig
  readonly #delaysMs: readonly number[]
  readonly #folder: StoreFolder
  readonly #openFiles: OpenFiles
  readonly #log: CommitLog
  readonly #queues: ConsumeQueues
  readonly #checkpoint: Checkpoint
  readonly #flush: GroupCommit
  readonly #appender: Appender
  readonly #reader: MessageReader
  readonly #lookup: RecordLookup
  readonly #retention: Retention
  readonly #index: KeyIndex | undefined
  readonly #indexer: Indexer | undefined
  readonly #whenWritten: Acknowledgements
  readonly #whenFlushed: Acknowledgements
  readonly #listeners = new Set<(arrivals: readonly Arrival[]) => void>()
  readonly #timers: Timer[] = []
  /** Appended, not visible yet; those before `#nextPending` are. */
  #pending: StoredMessage[] = []
  #nextPending = 0
  #state: 'new' | 'open' | 'closed' = 'new'
  /** Set when the log can no longer be trusted to keep what it is given. */
  #failure: string | undefined
  /** Set while writing fails for want of space. */
  #writeFailure: string | undefined
  #turnIsOpen = false
  /** Store time of the messages of this turn; never goes back, because recovery and search by time rely on it. */
  #storeTimestamp = 0
  #visibleTimestamp = 0
  #checkpointing: Promise<void> | undefined
  #putMessages = 0
  #putBytes = 0
  #appendMsMax = 0

  constructor({
    io,
    directory,
    storeHost,
    logger = silentLogger,
    config = {},
    tailBytes,
    pageBytes,
  }: FileStoreOptions) {
    this.#io = io
    this.#logger = logger
    this.#config = { ...storeConfigTable.defaults(), ...config }
    this.#delaysMs = parseDelayLevels(this.#config.messageDelayLevel)
    this.acknowledges = this.#config.flushDiskType === 'SYNC_FLUSH' ? 'flushed' : 'received'
    this.#folder = new StoreFolder(io.disk, directory, this.#config.storePathCommitLog)
    this.#openFiles = new OpenFiles(io.disk)
    this.documents = new FileDocuments(io.disk, this.#folder.config, logger)
    const pages = new PageCache(pageBytes ?? 16 << 20)
    this.#log = new CommitLog(io.disk, this.#openFiles, pages, {
      directory: this.#folder.commitLog,
      fileBytes: this.#config.mappedFileSizeCommitLog,
      tailBytes: tailBytes ?? 32 << 20,
    })
    this.#queues = this.#createQueues(pages)
    this.#checkpoint = new Checkpoint(io.disk, this.#folder.checkpoint)
    const onThrown = (error: unknown) => logger.error({ error }, 'an acknowledgement callback failed')
    this.#whenWritten = new Acknowledgements(onThrown)
    this.#whenFlushed = new Acknowledgements(onThrown)
    this.#flush = new GroupCommit({
      clock: io.clock,
      log: this.#log,
      level: this.acknowledges,
      intervalMs: this.#config.flushIntervalCommitLog,
      onFlushed: () => this.#flushed(),
      onFailed: (error) => this.#flushFailed(error),
    })
    this.#appender = new Appender({
      log: this.#log,
      queues: this.#queues,
      storeHost,
      recordBytesMax: this.#config.maxMessageSize,
      delaysMs: this.#delaysMs,
    })
    this.#reader = new MessageReader(this.#log, this.#queues, pages, this.#config, io.host.memoryBytes)
    this.#lookup = new RecordLookup(this.#log, pages)
    this.#retention = new Retention({
      clock: io.clock,
      disk: io.disk,
      log: this.#log,
      queues: this.#queues,
      config: this.#config,
      logger,
      directories: [this.#folder.commitLog, this.#folder.root],
      onRemoved: (logMin) => {
        this.#index?.removeBefore(logMin)
        this.#noteRemoval()
      },
    })
    this.#index = this.#config.messageIndexEnable ? this.#createIndex() : undefined
    this.#indexer = this.#index && new Indexer(io.clock, this.#log, this.#index, () => this.#visiblePosition, logger)
  }

  #createQueues(pages: PageCache): ConsumeQueues {
    const { disk, clock } = this.#io
    const entries = Math.ceil(this.#config.mappedFileSizeConsumeQueue / entryBytes)
    const setting = {
      disk,
      openFiles: this.#openFiles,
      pages,
      directory: this.#folder.consumeQueues,
      fileBytes: entries * entryBytes,
    }
    return new ConsumeQueues(setting, clock, (error) =>
      this.#logger.error({ error }, 'consume queues could not be written; it is tried again'),
    )
  }

  #createIndex(): KeyIndex {
    const { disk, clock } = this.#io
    const { maxHashSlotNum: slots, maxIndexNum: entries } = this.#config
    return new KeyIndex({ disk, openFiles: this.#openFiles, slots, entries }, this.#folder.index, clock)
  }

  async start(): Promise<void> {
    this.#folder.take()
    try {
      this.#folder.checkFormat()
      await this.#recover()
      this.#folder.markRunning()
      this.#checkpoint.save(this.#checkpoint.times, this.#note(-1))
    } catch (error) {
      this.#openFiles.closeAll()
      this.#folder.release()
      throw error
    }
    this.#state = 'open'
    this.#flush.start()
    this.#retention.start()
    this.#queues.startWriting(this.#config.flushIntervalConsumeQueue)
    this.#startTimers()
  }

  async #recover(): Promise<void> {
    const clean = this.#folder.wasLeftInOrder
    this.#checkpoint.load()
    this.#log.files.load(!clean, 'mappedFileSizeCommitLog')
    this.#queues.load(!clean)
    this.#index?.load(!clean)
    if (this.#index) this.#index.safeTimestamp = this.#checkpoint.times.index
    const recovered = recover({
      log: this.#log,
      queues: this.#queues,
      checkpoint: this.#checkpoint,
      clean,
      checkCrc: this.#config.checkCRCOnRecover,
      delaysMs: this.#delaysMs,
      logger: this.#logger,
      index: this.#index,
    })
    this.#storeTimestamp = Math.max(recovered.lastStoreTimestamp, this.#checkpoint.times.physic)
    this.#visibleTimestamp = this.#storeTimestamp
    this.#indexer?.start(this.#log.end)
    if (!clean) await this.#keepRecovered(recovered)
  }

  /** What is served from now on must last, also when the process that wrote it was stopped before it could see to that. */
  async #keepRecovered({ start, records }: Recovered): Promise<void> {
    this.#log.files.syncNowFrom(start)
    this.#queues.writeAll()
    await this.#queues.syncAll()
    await this.#index?.sync()
    this.#checkpoint.times = { ...this.#checkpoint.times, physic: this.#storeTimestamp, logics: this.#storeTimestamp }
    this.#logger.warn({ records, end: this.#log.end }, `recovered after a stop without notice: ${records} records read`)
  }

  #startTimers(): void {
    const { clock } = this.#io
    this.#timers.push(
      clock.every(this.#config.flushConsumeQueueThoroughInterval, () => {
        this.#queues.coolDown()
        void this.#makeCheckpoint()
      }),
      clock.every(timeoutLookMs, () => {
        const before = clock.monotonic() - this.#config.syncFlushTimeout
        this.#whenFlushed.expire(before, 'FLUSH_DISK_TIMEOUT')
      }),
    )
  }

  async close(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closed'
    for (const timer of this.#timers) timer.cancel()
    this.#queues.stopWriting()
    this.#indexer?.stop()
    await this.#retention.stop()
    this.#endTurn()
    await this.#flush.drain()
    this.#flush.stop()
    await this.#checkpointing
    try {
      if (this.refusalOfDisk === undefined) await this.#leaveInOrder()
    } finally {
      this.#whenFlushed.failAll()
      this.#whenWritten.failAll()
      this.#openFiles.closeAll()
      this.#folder.release()
    }
  }

  async #leaveInOrder(): Promise<void> {
    this.#queues.writeAll()
    await this.#queues.syncAll(syncsAtClose)
    this.#indexer?.catchUp()
    this.#index?.finish()
    await this.#index?.sync()
    this.#log.removeUnusedFile()
    this.#saveCheckpoint(this.#visibleTimestamp, this.#note(this.#log.end))
    this.#folder.markLeftInOrder()
  }

  /** Why the disk does not take what it is given; then the folder is left as after a stop without notice. */
  private get refusalOfDisk(): string | undefined {
    return this.#failure ?? this.#writeFailure
  }

  get refusal(): string | undefined {
    if (this.#state === 'closed') return 'the store is closed'
    if (this.#state === 'new') return 'the store has not been started'
    return this.#failure ?? this.#writeFailure ?? this.#retention.refusal
  }

  append(message: MessageToStore): AppendResult {
    const refusal = this.refusal
    if (refusal !== undefined) return refused('SERVICE_NOT_AVAILABLE', refusal)
    if (!this.#turnIsOpen) this.#openTurn()
    const result = this.#appender.append(message, this.#storeTimestamp)
    if (result instanceof StoredMessage) {
      this.#pending.push(result)
      this.#putMessages++
      this.#putBytes += result.size
    }
    return result
  }

  /** Everything appended in this turn has one store time and goes to the disk in one write at its end. */
  #openTurn(): void {
    const { clock } = this.#io
    this.#turnIsOpen = true
    this.#storeTimestamp = Math.max(this.#storeTimestamp, clock.now())
    clock.endOfTurn(() => this.#endTurn())
  }

  #endTurn(): void {
    this.#turnIsOpen = false
    if (this.#log.end === this.#log.written || this.refusalOfDisk !== undefined) return
    const before = this.#io.clock.monotonic()
    try {
      this.#log.write()
    } catch (error) {
      return this.#writeFailed(error)
    }
    this.#appendMsMax = Math.max(this.#appendMsMax, this.#io.clock.monotonic() - before)
    this.#written()
    if (this.#log.wantsNextFile) this.#io.clock.after(1, () => this.#prepareNextFile())
  }

  #written(): void {
    if (this.acknowledges === 'received') this.#makeVisible(this.#log.written)
    this.#whenWritten.reached(this.#log.written)
    this.#flush.wrote()
  }

  #flushed(): void {
    if (this.acknowledges !== 'flushed') return
    this.#makeVisible(this.#log.flushed)
    this.#whenFlushed.reached(this.#log.flushed)
  }

  #prepareNextFile(): void {
    if (this.#state !== 'open') return
    try {
      this.#log.prepareNextFile()
    } catch (error) {
      this.#logger.warn({ error }, 'the next commit log file could not be made ready; it will be made when needed')
    }
  }

  /** Messages up to a position have reached the acknowledgement level: readers may have them. */
  #makeVisible(position: number): void {
    const from = this.#nextPending
    let next = from
    while (next < this.#pending.length && this.#pending[next]!.endOffset <= position) {
      const message = this.#pending[next++]!
      this.#visibleTimestamp = message.storeTimestamp
      const { queue } = message
      if (!queue || queue.isDropped) continue
      queue.publish(message.commitLogOffset, message.size, message.tagsCode)
      this.#queues.touched(queue)
    }
    this.#nextPending = next
    if (next > from) {
      this.#indexer?.wake()
      this.#tellArrivals(this.#pending.slice(from, next))
    }
    this.#forgetVisible()
  }

  #tellArrivals(messages: StoredMessage[]): void {
    if (this.#listeners.size === 0) return
    const arrivals = messages.filter((message) => message.queue !== undefined)
    for (const listener of this.#listeners) {
      try {
        listener(arrivals)
      } catch (error) {
        this.#logger.error({ error }, 'a listener for arrivals failed')
      }
    }
  }

  #forgetVisible(): void {
    if (this.#nextPending < this.#pending.length && this.#nextPending < 65_536) return
    this.#pending = this.#pending.slice(this.#nextPending)
    this.#nextPending = 0
  }

  #writeFailed(error: unknown): void {
    const isFull = error instanceof IoError && error.code === 'NO_SPACE'
    const reason = error instanceof Error ? error.message : String(error)
    this.#logger.error({ error }, `messages are refused: ${reason}`)
    if (isFull) {
      this.#writeFailure = `${reason}; free some space, messages are taken again by themselves`
      this.#io.clock.after(writeRetryMs, () => this.#retryWrite())
    } else this.#failure = `${reason}; the store must be restarted`
    this.#whenWritten.failAll()
    this.#whenFlushed.failAll()
  }

  /** Nothing of a failed write is known to be missing, so the same bytes may be written again when there is space. */
  #retryWrite(): void {
    if (this.#state !== 'open' || this.#failure !== undefined) return
    this.#writeFailure = undefined
    this.#endTurn()
    if (this.#writeFailure === undefined) this.#logger.info({}, 'messages are taken again: the disk has space')
  }

  /** The system may have forgotten what it could not write: only a restart, which reads the disk, knows what is there. */
  #flushFailed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#failure = `the disk failed to keep what was written (${reason}); restart to recover what it has`
    this.#logger.error({ error }, `messages are refused: ${this.#failure}`)
    this.#whenWritten.failAll()
    this.#whenFlushed.failAll()
  }

  whenAcknowledged(endOffset: number, waitStoreOk: boolean, done: (status: AcknowledgedStatus) => void): void {
    const isFlush = waitStoreOk && this.acknowledges === 'flushed'
    const waiting = isFlush ? this.#whenFlushed : this.#whenWritten
    waiting.wait(endOffset, isFlush ? this.#io.clock.monotonic() : 0, done)
    const isLate = endOffset <= (isFlush ? this.#log.flushed : this.#log.written)
    const { refusalOfDisk } = this
    if (isLate || refusalOfDisk !== undefined || this.#state !== 'open')
      this.#io.clock.endOfTurn(() => this.#answerLate())
  }

  /** Answers those who asked when it was over. */
  #answerLate(): void {
    this.#whenWritten.reached(this.#log.written)
    this.#whenFlushed.reached(this.#log.flushed)
    if (this.refusalOfDisk === undefined && this.#state === 'open') return
    this.#whenWritten.failAll()
    this.#whenFlushed.failAll()
  }

  get(request: GetRequest): GetResult | Promise<GetResult> {
    return this.#reader.get(request)
  }

  async recordAt(commitLogOffset: number): Promise<Uint8Array | undefined> {
    return this.#lookup.recordAt(commitLogOffset, this.#visiblePosition)
  }

  get #visiblePosition(): number {
    return this.acknowledges === 'flushed' ? this.#log.flushed : this.#log.written
  }

  minOffset(topic: string, queueId: number): number {
    const queue = this.#queues.find(topic, queueId)
    return queue && queue.nextOffset > 0 ? queue.minOffset(this.#log.min) : -1
  }

  maxOffset(topic: string, queueId: number): number {
    return this.#queues.find(topic, queueId)?.maxOffset ?? 0
  }

  async offsetByTime(topic: string, queueId: number, timestampMs: number): Promise<number> {
    const queue = this.#queues.find(topic, queueId)
    return queue && queue.maxOffset > 0 ? this.#lookup.offsetByTime(queue, timestampMs) : 0
  }

  async storeTimeAt(topic: string, queueId: number, queueOffset: number): Promise<number> {
    const queue = this.#queues.find(topic, queueId)
    return queue ? this.#lookup.storeTimeAt(queue, queueOffset) : -1
  }

  async earliestStoreTime(topic?: string, queueId?: number): Promise<number> {
    if (topic === undefined || queueId === undefined) return this.#lookup.storeTimeOf(this.#log.min)
    return this.storeTimeAt(topic, queueId, Math.max(0, this.minOffset(topic, queueId)))
  }

  async entries(topic: string, queueId: number, fromOffset: number, count: number): Promise<ConsumeQueueEntry[]> {
    const queue = this.#queues.find(topic, queueId)
    return queue ? this.#lookup.entries(queue, Math.max(fromOffset, queue.minOffset(this.#log.min)), count) : []
  }

  async query({ topic, key, maxMessages, beginMs, endMs }: QueryRequest): Promise<QueryResult> {
    const index = this.#index
    if (!index) throw new StoreError('NO_INDEX', 'no index of message keys is kept: set messageIndexEnable=true')
    this.#indexer?.catchUp()
    const max = Math.min(maxMessages, this.#config.maxMsgsNumBatch)
    const { positions, lastTimestamp, lastPosition } = await index.find(topic, key, max, beginMs, endMs)
    const records: Uint8Array[] = []
    for (const position of [...new Set(positions)].sort((a, b) => a - b)) {
      const record = await this.recordAt(position)
      if (record && recordTopic(record) === topic && hasKey(recordProperties(record), key)) records.push(record)
    }
    return { indexLastUpdateTimestamp: lastTimestamp, indexLastUpdatePhyoffset: lastPosition, records }
  }

  queues(): Map<string, number[]> {
    return this.#queues.ids()
  }

  isCold(topic: string, queueId: number, queueOffset: number): boolean {
    const queue = this.#queues.find(topic, queueId)
    if (!queue || queueOffset < queue.minOffset(this.#log.min) || queueOffset >= queue.maxOffset) return false
    return this.#reader.isCold(queue.entryNow(queueOffset).commitLogOffset)
  }

  onArrival(listener: (arrivals: readonly Arrival[]) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  cleanUnusedTopics(topics: ReadonlySet<string>): string[] {
    const unused = [...this.#queues.topics()].filter((topic) => !topics.has(topic) && !isSystemTopic(topic))
    for (const topic of unused) this.#queues.dropTopic(topic)
    if (unused.length > 0) this.#noteRemoval()
    return unused
  }

  cleanExpired(): Promise<void> {
    return this.#retention.clean()
  }

  stats(): StoreStats {
    const { min, end, flushed } = this.#log
    return {
      commitLogMinOffset: min,
      commitLogMaxOffset: end,
      flushedOffset: flushed,
      dispatchBehindBytes: end - (this.#pending[this.#nextPending]?.commitLogOffset ?? end),
      putMessages: this.#putMessages,
      putBytes: this.#putBytes,
      appendMsMax: Math.round(this.#appendMsMax),
      diskUsedRatio: this.#retention.usedRatio(),
      directory: this.#folder.root,
    }
  }

  /** Makes consume queues last, and notes up to when everything has been. One at a time. */
  #makeCheckpoint(): Promise<void> {
    this.#checkpointing ??= this.#checkpointOnce()
      .catch((error: unknown) => this.#logger.error({ error }, 'no checkpoint could be made'))
      .finally(() => (this.#checkpointing = undefined))
    return this.#checkpointing
  }

  async #checkpointOnce(): Promise<void> {
    const timestamp = this.#visibleTimestamp
    if (timestamp === this.#checkpoint.times.physic || this.refusalOfDisk !== undefined) return
    await this.#flush.drain()
    this.#queues.writeAll()
    const note = this.#note(-1)
    await this.#queues.syncAll()
    await this.#index?.sync()
    if (this.refusalOfDisk !== undefined) return
    this.#saveCheckpoint(timestamp, note)
  }

  #saveCheckpoint(timestamp: number, note: StoreNote): void {
    this.#checkpoint.save({ physic: timestamp, logics: timestamp, index: this.#index?.safeTimestamp ?? 0 }, note)
  }

  /** What was removed on purpose must not be missed, and brought back, by the next start. */
  #noteRemoval(): void {
    const indexedTo = this.#checkpoint.note?.indexedTo ?? -1
    this.#checkpoint.save(this.#checkpoint.times, { ...this.#note(-1), indexedTo })
  }

  #note(logEnd: number): StoreNote {
    const index = { indexedTo: this.#indexer?.position ?? -1, indexFiles: this.#index?.fileCount ?? 0 }
    return { ...queueNoteOf(this.#queues, logEnd), ...index }
  }
}

function recordTopic(record: Uint8Array): string {
  const { topicAt, topicSize } = recordLayout(record)
  return Buffer.from(record.buffer, record.byteOffset + topicAt, topicSize).toString()
}
