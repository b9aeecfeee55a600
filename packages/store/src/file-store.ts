import { type Io, type Logger, silentLogger, type Timer } from '@mq/io'
import { isSystemTopic, parseDelayLevels } from '@mq/protocol'
import { Appender } from './appender.js'
import { BlockSums } from './block-sums.js'
import { Checkpoint } from './checkpoint.js'
import { Checkpointer } from './checkpointer.js'
import { ChecksumWriter } from './checksum-writer.js'
import { CommitLog } from './commit-log.js'
import { entryBytes } from './consume-queue-entry.js'
import { ConsumeQueues } from './consume-queues.js'
import { DamageList } from './damage-list.js'
import { spaceOf, spaceText } from './disk-space.js'
import { Dispatcher } from './dispatcher.js'
import { DocumentSums } from './document-sums.js'
import { FileDocuments } from './documents.js'
import { Indexer } from './indexer.js'
import { KeyIndex } from './key-index.js'
import { hasKey } from './message-keys.js'
import { checkLeftovers } from './leftovers.js'
import { MessageReader } from './message-reader.js'
import {
  type AcknowledgedStatus,
  type AcknowledgementLevel,
  type AppendResult,
  type Arrival,
  type ConsumeQueueEntry,
  type EngineOptions,
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
import { RecordGuard } from './record-guard.js'
import { RecordLookup } from './record-lookup.js'
import { refused } from './record-encoder.js'
import { recover, type Recovered } from './recovery.js'
import { ProgressTeller, type RecoveryProgress } from './recovery-progress.js'
import { Retention } from './retention.js'
import { storeConfigTable, type StoreConfig } from './store-config.js'
import { StoreFolder } from './store-folder.js'
import { WritePath } from './write-path.js'

export interface FileStoreOptions extends EngineOptions {
  /** Bytes of the newest messages kept in memory. Default 16 MiB. */
  tailBytes?: number
  /** Bytes of older messages kept in memory after they were read. Default 8 MiB. */
  pageBytes?: number
  /** Keep checksums over all bytes of the commit log, in `checksums` in the folder. Default true. */
  checksums?: boolean
  /** Told once a second how far `start` is, when it has to read the commit log for longer than that. */
  onRecovery?: (progress: RecoveryProgress) => void
}

/** A store in RocketMQ's own files. Call `start` before anything else. */
export function createFileStore(options: FileStoreOptions): MessageStore {
  return new FileStore(options)
}

/** Only a log that Apache's broker wrote can have more that is not summed yet: no stop waits for that. */
const summedAtClose = 64 << 20
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
  readonly #dispatcher: Dispatcher
  readonly #writePath: WritePath
  readonly #reader: MessageReader
  readonly #lookup: RecordLookup
  readonly #index: KeyIndex | undefined
  readonly #indexer: Indexer | undefined
  readonly #sums: BlockSums | undefined
  readonly #documentSums: DocumentSums | undefined
  readonly #checksums: ChecksumWriter | undefined
  readonly #damages: DamageList
  readonly #checkpoint: Checkpoint
  readonly #checkpointer: Checkpointer
  readonly #retention: Retention
  readonly #onRecovery: FileStoreOptions['onRecovery']
  #checkpointTimer: Timer | undefined
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(options: FileStoreOptions) {
    const { io, directory, logger = silentLogger, config = {} } = options
    this.#io = io
    this.#logger = logger
    this.#onRecovery = options.onRecovery
    this.#config = { ...storeConfigTable.defaults(), ...config }
    this.#delaysMs = parseDelayLevels(this.#config.messageDelayLevel)
    this.acknowledges = this.#config.flushDiskType === 'SYNC_FLUSH' ? 'flushed' : 'received'
    this.#folder = new StoreFolder(io.disk, directory, this.#config.storePathCommitLog)
    this.#openFiles = new OpenFiles(io.disk)
    this.#sums = options.checksums === false ? undefined : this.#createSums()
    this.#documentSums = this.#sums && new DocumentSums(io.disk, this.#folder.configChecksums)
    this.documents = new FileDocuments(io.disk, this.#folder.config, logger, this.#documentSums)
    const pages = new PageCache(options.pageBytes ?? 8 << 20)
    this.#log = new CommitLog(io.disk, this.#openFiles, pages, {
      directory: this.#folder.commitLog,
      fileBytes: this.#config.mappedFileSizeCommitLog,
      tailBytes: options.tailBytes ?? 16 << 20,
      hasRoomAhead: this.acknowledges === 'flushed',
      sums: this.#sums,
    })
    this.#checksums = this.#sums && new ChecksumWriter(io.clock, this.#log, this.#sums, logger)
    this.#queues = this.#createQueues(pages)
    this.#dispatcher = new Dispatcher(this.#queues, logger)
    this.#writePath = this.#createWritePath(options.storeHost)
    const guard = new RecordGuard(this.#log, logger)
    this.#reader = new MessageReader(this.#log, this.#queues, pages, this.#config, io.host.memoryBytes, guard)
    this.#lookup = new RecordLookup(this.#log, pages, guard)
    this.#index = this.#config.messageIndexEnable ? this.#createIndex() : undefined
    this.#indexer = this.#index && this.#createIndexer(this.#index)
    this.#damages = new DamageList(io.disk, this.#folder.damages, logger)
    this.#checkpoint = new Checkpoint(io.disk, this.#folder.checkpoint)
    this.#checkpointer = this.#createCheckpointer()
    this.#retention = this.#createRetention(options.reservedHours ?? (() => this.#config.fileReservedTime))
  }

  #createSums(): BlockSums {
    const { checksums } = this.#folder
    return new BlockSums(this.#io.disk, this.#openFiles, checksums, this.#config.mappedFileSizeCommitLog, this.#logger)
  }

  #createQueues(pages: PageCache): ConsumeQueues {
    const { disk, clock } = this.#io
    const fileBytes = Math.ceil(this.#config.mappedFileSizeConsumeQueue / entryBytes) * entryBytes
    const setting = { disk, openFiles: this.#openFiles, pages, directory: this.#folder.consumeQueues, fileBytes }
    return new ConsumeQueues(setting, clock, (error) =>
      this.#logger.error({ error }, 'consume queues could not be written; it is tried again'),
    )
  }

  #createWritePath(storeHost: HostAddress): WritePath {
    const [log, queues, config, delaysMs] = [this.#log, this.#queues, this.#config, this.#delaysMs]
    return new WritePath({
      clock: this.#io.clock,
      logger: this.#logger,
      log,
      appender: new Appender({ log, queues, storeHost, recordBytesMax: config.maxMessageSize, delaysMs }),
      dispatcher: this.#dispatcher,
      level: this.acknowledges,
      flushIntervalMs: config.flushIntervalCommitLog,
      flushTimeoutMs: config.syncFlushTimeout,
      spaceText: () => spaceText(spaceOf(this.#io.disk, this.#folder.commitLog)),
      onVisible: () => {
        this.#indexer?.wake()
        this.#checksums?.wake()
      },
    })
  }

  #createIndex(): KeyIndex {
    const { disk, clock } = this.#io
    const { maxHashSlotNum: slots, maxIndexNum: entries } = this.#config
    return new KeyIndex({ disk, openFiles: this.#openFiles, slots, entries }, this.#folder.index, clock)
  }

  #createIndexer(index: KeyIndex): Indexer {
    return new Indexer(this.#io.clock, this.#log, index, () => this.#writePath.visibleTo, this.#logger)
  }

  #createCheckpointer(): Checkpointer {
    return new Checkpointer({
      checkpoint: this.#checkpoint,
      log: this.#log,
      queues: this.#queues,
      dispatcher: this.#dispatcher,
      writePath: this.#writePath,
      index: this.#index,
      indexer: this.#indexer,
      checksums: this.#checksums,
      logger: this.#logger,
    })
  }

  #createRetention(reservedHours: () => number): Retention {
    return new Retention({
      clock: this.#io.clock,
      disk: this.#io.disk,
      log: this.#log,
      queues: this.#queues,
      config: this.#config,
      reservedHours,
      logger: this.#logger,
      directories: [this.#folder.commitLog, this.#folder.root],
      onRemoved: (logMin) => {
        this.#index?.removeBefore(logMin)
        this.#damages.removeBefore(logMin)
        this.#sums?.removeBefore(logMin)
        this.#checkpointer.noteRemoval()
      },
    })
  }

  async start(): Promise<void> {
    this.#folder.take()
    try {
      checkLeftovers(this.#io.disk, this.#folder.root, this.#logger)
      await this.#recover()
      this.#folder.markRunning()
      this.#checkpointer.noteRunning()
    } catch (error) {
      this.#openFiles.closeAll()
      this.#folder.release()
      throw error
    }
    this.#state = 'open'
    this.#writePath.open()
    this.#retention.start()
    this.#queues.startWriting(this.#config.flushIntervalConsumeQueue)
    this.#checkpointTimer = this.#io.clock.every(this.#config.flushConsumeQueueThoroughInterval, () => {
      this.#queues.coolDown()
      void this.#checkpointer.make()
    })
  }

  async #recover(): Promise<void> {
    const clean = this.#folder.wasLeftInOrder
    const checkpoint = this.#checkpoint
    checkpoint.load()
    this.#damages.load()
    this.#sums?.begin(checkpoint.note)
    if (!clean) this.#documentSums?.clear()
    this.#log.files.load(!clean, 'mappedFileSizeCommitLog')
    this.#queues.load(!clean)
    this.#index?.load(!clean)
    if (this.#index) this.#index.safeTimestamp = checkpoint.times.index
    const isExtended = this.#io.disk.list(this.#folder.extendedQueues).length > 0
    const recovered = recover({
      log: this.#log,
      queues: this.#queues,
      index: this.#index,
      checkpoint,
      clean,
      // Their entries lead through a second file; made anew they lead to the messages alone, which every broker reads.
      distrust: isExtended ? 'they are extended (enableConsumeQueueExt)' : undefined,
      checkCrc: this.#config.checkCRCOnRecover,
      delaysMs: this.#delaysMs,
      damages: this.#damages,
      sums: this.#sums,
      nowMs: this.#io.clock.now(),
      progress: new ProgressTeller(this.#io.clock, this.#logger, this.#onRecovery),
      logger: this.#logger,
    })
    this.#queues.started()
    const timestamp = Math.max(recovered.lastStoreTimestamp, checkpoint.times.physic)
    this.#writePath.storeTimestamp = this.#dispatcher.timestamp = timestamp
    this.#indexer?.start(this.#log.end)
    this.#checksums?.start(recovered.start)
    if (!clean || recovered.rebuilt !== undefined) await this.#keepRecovered(recovered)
    if (isExtended) this.#io.disk.removeTree(this.#folder.extendedQueues)
  }

  /** What is served from now on must last, also when the process that wrote it was stopped before it could see to that. */
  async #keepRecovered({ start, unsureFrom, records, rebuilt }: Recovered): Promise<void> {
    // After a sync that failed the system holds bytes that it believes to be on the disk: only what is written anew is synced.
    this.#log.files.writeAgain(unsureFrom, this.#log.end)
    this.#log.files.syncNowFrom(start)
    this.#queues.writeAll()
    await this.#queues.syncAll(syncsAtClose)
    await this.#index?.sync()
    const { timestamp } = this.#dispatcher
    this.#checkpoint.times = { ...this.#checkpoint.times, physic: timestamp, logics: timestamp }
    const why = rebuilt === undefined ? 'after a stop without notice' : 'with new consume queues'
    this.#logger.warn({ records, end: this.#log.end }, `recovered ${why}: ${records} records read`)
  }

  async close(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closed'
    this.#checkpointTimer?.cancel()
    this.#queues.stopWriting()
    this.#indexer?.stop()
    this.#checksums?.stop()
    await this.#retention.stop()
    await this.#writePath.close()
    await this.#checkpointer.settled()
    try {
      // Else the folder is left as after a stop without notice, so that the next start looks at what the disk has.
      if (this.#writePath.refusal === undefined) await this.#leaveInOrder()
    } finally {
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
    this.#checksums?.catchUp(summedAtClose)
    await this.#checksums?.sync()
    this.#log.removeUnusedFile()
    this.#checkpointer.finish(this.#log.end)
    this.#folder.markLeftInOrder()
  }

  get refusal(): string | undefined {
    if (this.#state === 'closed') return 'the store is closed'
    if (this.#state === 'new') return 'the store has not been started'
    return this.#writePath.refusal ?? this.#retention.refusal
  }

  append(message: MessageToStore): AppendResult {
    const { refusal } = this
    return refusal === undefined ? this.#writePath.append(message) : refused('SERVICE_NOT_AVAILABLE', refusal)
  }

  whenAcknowledged(endOffset: number, waitStoreOk: boolean, done: (status: AcknowledgedStatus) => void): void {
    this.#writePath.whenAcknowledged(endOffset, waitStoreOk, done)
  }

  get(request: GetRequest): GetResult | Promise<GetResult> {
    return this.#reader.get(request)
  }

  async recordAt(commitLogOffset: number): Promise<Uint8Array | undefined> {
    return this.#lookup.recordAt(commitLogOffset, this.#writePath.visibleTo)
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
      if (record && hasKey(record, topic, key)) records.push(record)
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
    return this.#dispatcher.listen(listener)
  }

  cleanUnusedTopics(topics: ReadonlySet<string>): string[] {
    const unused = [...this.#queues.topics()].filter((topic) => !topics.has(topic) && !isSystemTopic(topic))
    for (const topic of unused) this.#queues.dropTopic(topic)
    if (unused.length > 0) this.#checkpointer.noteRemoval()
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
      dispatchBehindBytes: end - (this.#dispatcher.firstPending ?? end),
      putMessages: this.#writePath.putMessages,
      putBytes: this.#writePath.putBytes,
      appendMsMax: Math.round(this.#writePath.writeMsMax),
      diskUsedRatio: this.#retention.usedRatio(),
      directory: this.#folder.root,
    }
  }
}
