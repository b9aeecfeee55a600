import type { Timer } from '@mq/io'
import type { FileDocuments } from './documents.js'
import { type FileStoreOptions, type FileStoreParts, fileStoreParts } from './file-store-parts.js'
import { leaveInOrder, recoverParts } from './file-store-recovery.js'
import { checkLeftovers } from './leftovers.js'
import { hasKey } from './message-keys.js'
import {
  type AcknowledgedStatus,
  type AcknowledgementLevel,
  type AppendResult,
  type Arrival,
  type ConsumeQueueEntry,
  type GetRequest,
  type GetResult,
  type MessageStore,
  type MessageToStore,
  type QueryRequest,
  type QueryResult,
  StoreError,
  type StoreStats,
} from './message-store.js'
import { refused } from './record-encoder.js'

export type { FileStoreOptions }

/** A store in RocketMQ's own files. Call `start` before anything else. */
export function createFileStore(options: FileStoreOptions): MessageStore {
  return new FileStore(options)
}

class FileStore implements MessageStore {
  readonly acknowledges: AcknowledgementLevel
  readonly recordBytesMax: number
  readonly documents: FileDocuments
  readonly #parts: FileStoreParts
  readonly #onRecovery: FileStoreOptions['onRecovery']
  #checkpointTimer: Timer | undefined
  #state: 'new' | 'open' | 'closed' = 'new'

  constructor(options: FileStoreOptions) {
    this.#parts = fileStoreParts(options)
    this.#onRecovery = options.onRecovery
    this.acknowledges = this.#parts.level
    this.recordBytesMax = this.#parts.recordBytesMax
    this.documents = this.#parts.documents
  }

  async start(): Promise<void> {
    const { io, logger, config, folder, openFiles, queues, writePath, checkpointer, retention } = this.#parts
    folder.take()
    try {
      checkLeftovers(io.disk, folder.root, logger)
      await recoverParts(this.#parts, this.#onRecovery)
      checkpointer.noteRunning()
    } catch (error) {
      openFiles.closeAll()
      folder.release()
      throw error
    }
    this.#state = 'open'
    writePath.open()
    retention.start()
    queues.startWriting(config.flushIntervalConsumeQueue)
    this.#checkpointTimer = io.clock.every(config.flushConsumeQueueThoroughInterval, () => {
      queues.coolDown()
      void checkpointer.make()
    })
  }

  async close(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closed'
    const { folder, openFiles, queues, indexer, checksums, writePath, checkpointer, retention } = this.#parts
    this.#checkpointTimer?.cancel()
    queues.stopWriting()
    indexer?.stop()
    checksums?.stop()
    await retention.stop()
    await writePath.close()
    await checkpointer.settled()
    try {
      // Else the folder is left as after a stop without notice, so that the next start looks at what the disk has.
      if ((writePath.refusal ?? checkpointer.failure) === undefined) await leaveInOrder(this.#parts)
    } finally {
      openFiles.closeAll()
      folder.release()
    }
  }

  get refusal(): string | undefined {
    if (this.#state === 'closed') return 'the store is closed'
    if (this.#state === 'new') return 'the store has not been started'
    return this.#parts.writePath.refusal ?? this.#parts.retention.refusal
  }

  append(message: MessageToStore): AppendResult {
    const { refusal } = this
    return refusal === undefined ? this.#parts.writePath.append(message) : refused('SERVICE_NOT_AVAILABLE', refusal)
  }

  whenAcknowledged(endOffset: number, waitStoreOk: boolean, done: (status: AcknowledgedStatus) => void): void {
    this.#parts.writePath.whenAcknowledged(endOffset, waitStoreOk, done)
  }

  get(request: GetRequest): GetResult | Promise<GetResult> {
    return this.#parts.reader.get(request)
  }

  async recordAt(commitLogOffset: number): Promise<Uint8Array | undefined> {
    // What was set aside may look like a whole record: only its place in its queue was wrong.
    if (this.#parts.damages.endOfDamageAt(commitLogOffset) !== undefined) return undefined
    return this.#parts.lookup.recordAt(commitLogOffset, this.#parts.writePath.visibleTo)
  }

  minOffset(topic: string, queueId: number): number {
    const queue = this.#parts.queues.find(topic, queueId)
    return queue && queue.nextOffset > 0 ? queue.minOffset(this.#parts.log.min) : -1
  }

  maxOffset(topic: string, queueId: number): number {
    return this.#parts.queues.find(topic, queueId)?.maxOffset ?? 0
  }

  async offsetByTime(topic: string, queueId: number, timestampMs: number): Promise<number> {
    const queue = this.#parts.queues.find(topic, queueId)
    return queue && queue.maxOffset > 0 ? this.#parts.lookup.offsetByTime(queue, timestampMs) : 0
  }

  async storeTimeAt(topic: string, queueId: number, queueOffset: number): Promise<number> {
    const queue = this.#parts.queues.find(topic, queueId)
    return queue ? this.#parts.lookup.storeTimeAt(queue, queueOffset) : -1
  }

  async earliestStoreTime(topic?: string, queueId?: number): Promise<number> {
    if (topic === undefined || queueId === undefined) return this.#parts.lookup.storeTimeOf(this.#parts.log.min)
    return this.storeTimeAt(topic, queueId, Math.max(0, this.minOffset(topic, queueId)))
  }

  async entries(topic: string, queueId: number, fromOffset: number, count: number): Promise<ConsumeQueueEntry[]> {
    const queue = this.#parts.queues.find(topic, queueId)
    return queue
      ? this.#parts.lookup.entries(queue, Math.max(fromOffset, queue.minOffset(this.#parts.log.min)), count)
      : []
  }

  async query({ topic, key, maxMessages, beginMs, endMs }: QueryRequest): Promise<QueryResult> {
    const index = this.#parts.index
    if (!index) throw new StoreError('NO_INDEX', 'no index of message keys is kept: set messageIndexEnable=true')
    this.#parts.indexer?.catchUp()
    const max = Math.min(maxMessages, this.#parts.config.maxMsgsNumBatch)
    const { positions, lastTimestamp, lastPosition } = await index.find(topic, key, max, beginMs, endMs)
    const records: Uint8Array[] = []
    for (const position of [...new Set(positions)].sort((a, b) => a - b)) {
      const record = await this.recordAt(position)
      if (record && hasKey(record, topic, key)) records.push(record)
    }
    return { indexLastUpdateTimestamp: lastTimestamp, indexLastUpdatePhyoffset: lastPosition, records }
  }

  queues(): Map<string, number[]> {
    return this.#parts.queues.ids()
  }

  isCold(topic: string, queueId: number, queueOffset: number): boolean {
    const queue = this.#parts.queues.find(topic, queueId)
    if (!queue || queueOffset < queue.minOffset(this.#parts.log.min) || queueOffset >= queue.maxOffset) return false
    return this.#parts.reader.isCold(queue.entryNow(queueOffset).commitLogOffset)
  }

  onArrival(listener: (arrivals: readonly Arrival[]) => void): () => void {
    return this.#parts.dispatcher.listen(listener)
  }

  cleanUnusedTopics(topics: ReadonlySet<string>): string[] {
    const unused = this.#parts.queues.unusedTopics(topics)
    if (unused.length > 0) this.#parts.checkpointer.noteRemoval({ queues: this.#parts.queues.countOf(unused) })
    for (const topic of unused) this.#parts.queues.dropTopic(topic)
    return unused
  }

  cleanExpired(): Promise<void> {
    return this.#parts.retention.clean()
  }

  stats(): StoreStats {
    const { min, end, flushed } = this.#parts.log
    return {
      commitLogMinOffset: min,
      commitLogMaxOffset: end,
      flushedOffset: flushed,
      dispatchBehindBytes: end - (this.#parts.dispatcher.firstPending ?? end),
      putMessages: this.#parts.writePath.putMessages,
      putBytes: this.#parts.writePath.putBytes,
      appendMsMax: Math.round(this.#parts.writePath.writeMsMax),
      diskUsedRatio: this.#parts.retention.usedRatio(),
      directory: this.#parts.folder.root,
    }
  }
}
