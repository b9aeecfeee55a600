import { type DiskFile, silentLogger } from '@mq/io'
import { decodeRecord, isSystemTopic, offsetMessageId, parseDelayLevels, recordBodyIntact } from '@mq/protocol'
import { type Arrival, type EngineOptions, type GetRequest, type MessageStore, type MessageToStore } from '@mq/store'
import { type Placed, storeConfigTable, type StoreEngine, StoreError } from '@mq/store'
import { Acknowledgements, answerGet, ArrivalListeners, FileDocuments, hasEntry } from '@mq/store/engine'
import { lockFolder, offsetByTime, RecordEncoder, refused } from '@mq/store/engine'

/** Messages of a queue that can be read, by queue offset; `next` is the offset of the message that is appended next. */
type Queue = { entries: Entry[]; next: number }

/** A message: where it stands, its record, and its queue, which half messages and rollbacks do not have. */
type Entry = Arrival & { record: Uint8Array; queue: Queue | undefined }

const dropped = 'droppedTopics.json'

/** All messages in memory, and all in one file, `journal`, that is read when the store starts. Nothing is ever deleted. */
class JournalStore implements MessageStore {
  readonly acknowledges = 'flushed'
  readonly documents: FileDocuments
  refusal: string | undefined = 'the store has not been started'
  readonly #encoder: RecordEncoder
  readonly #acknowledgements: Acknowledgements
  readonly #listeners: ArrivalListeners
  readonly #topics = new Map<string, Map<number, Queue>>()
  readonly #visible = new Map<number, Entry>()
  readonly #counts = { putMessages: 0, putBytes: 0, appendMsMax: 0 }
  #lock: { release(): void } | undefined
  #journal: DiskFile | undefined
  #pending: Entry[] = []
  #flushing: Promise<void> | undefined
  #end = 0
  #flushedTo = 0
  #lastStored = 0

  constructor(private readonly options: EngineOptions) {
    const { io, directory, storeHost, logger = silentLogger } = options
    const config = { ...storeConfigTable.defaults(), ...options.config }
    const delaysMs = parseDelayLevels(config.messageDelayLevel)
    this.documents = new FileDocuments(io.disk, `${directory}/config`, logger)
    this.#encoder = new RecordEncoder({ storeHost, recordBytesMax: config.maxMessageSize, delaysMs })
    this.#acknowledgements = new Acknowledgements((error) => logger.error({ error }, 'a callback failed'))
    this.#listeners = new ArrivalListeners((error) => logger.error({ error }, 'a listener failed'))
  }

  async start() {
    const { directory, io } = this.options
    this.#lock = lockFolder(io.disk, directory)
    this.#journal = io.disk.open(`${directory}/journal`, { create: true })
    io.disk.syncDirectory(directory)
    this.#replay(io.disk.readWhole(this.#journal.path)!)
    // Behind that lies what was torn when the last process ended. Nobody was told that it is there.
    this.#journal.truncate(this.#end)
    await this.#journal.sync()
    this.refusal = undefined
  }

  #replay(journal: Uint8Array) {
    const droppedTo = this.#droppedTo()
    for (let record = recordAt(journal, 0); record; record = recordAt(journal, this.#end)) {
      const { topic, queueId, sysFlag, size, commitLogOffset } = record
      const isInQueue = hasEntry(sysFlag) && commitLogOffset >= (droppedTo[topic] ?? 0)
      const tagsCode = this.#encoder.tagsCode(record, record.storeTimestamp)
      const bytes = journal.subarray(commitLogOffset, commitLogOffset + size)
      this.#show(
        this.#place({ ...record, tagsCode, record: bytes, queue: isInQueue ? this.#open(topic, queueId) : undefined }),
      )
    }
  }

  #droppedTo = () => (this.documents.read(dropped) ?? {}) as Record<string, number>

  async close() {
    if (this.refusal === undefined) this.refusal = 'the store is closed'
    while (this.#flushing ?? this.#flush()) await this.#flushing
    this.#acknowledgements.failAll()
    this.#journal?.close()
    this.#lock?.release()
    this.#journal = this.#lock = undefined
  }

  append(message: MessageToStore) {
    if (this.refusal !== undefined) return refused('SERVICE_NOT_AVAILABLE', this.refusal)
    const { topic, queueId, storeHost = this.options.storeHost } = message
    const isInQueue = hasEntry(message.sysFlag)
    const queueOffset = isInQueue ? (this.#find(topic, queueId)?.next ?? 0) : 0
    const storeTimestamp = Math.max(this.#lastStored, this.options.io.clock.now())
    const place = { queueOffset, commitLogOffset: this.#end, storeTimestamp }
    const record = this.#encoder.encode(message, place)
    if ('reason' in record) return record
    const tagsCode = this.#encoder.tagsCode(message, storeTimestamp)
    const queue = isInQueue ? this.#open(topic, queueId) : undefined
    this.#pending.push(this.#place({ topic, queueId, ...place, size: record.length, tagsCode, record, queue }))
    this.#counts.putMessages++
    this.#counts.putBytes += record.length
    // All appends of a turn of the event loop are written together.
    if (this.#pending.length === 1) this.options.io.clock.endOfTurn(() => this.#flush())
    const messageId = offsetMessageId(storeHost, place.commitLogOffset)
    return { ok: true, ...place, endOffset: this.#end, messageId } satisfies Placed
  }

  #place(entry: Entry) {
    if (entry.queue) entry.queue.next = entry.queueOffset + 1
    this.#end = entry.commitLogOffset + entry.size
    this.#lastStored = entry.storeTimestamp
    return entry
  }

  #show(entry: Entry) {
    entry.queue?.entries.push(entry)
    this.#visible.set(entry.commitLogOffset, entry)
    this.#flushedTo = entry.commitLogOffset + entry.size
  }

  /** One write and one sync for all that is pending; what is appended meanwhile goes with the next. */
  #flush(): Promise<void> | undefined {
    if (this.#flushing || this.#pending.length === 0) return undefined
    const group = this.#pending.splice(0)
    this.#flushing = this.#write(group).finally(() => {
      this.#flushing = undefined
      this.#flush()
    })
    return this.#flushing
  }

  async #write(group: readonly Entry[]) {
    const pieces = group.map(({ record }) => record)
    try {
      this.#journal!.writePieces(pieces, group[0]!.commitLogOffset)
      await this.#journal!.sync()
    } catch (error) {
      // What the disk has of it only a restart can tell, and what was placed behind it has no place any more.
      this.refusal = `the journal could not be written (${(error as Error).message}): see to the disk, then restart`
      this.#pending = []
      return this.#acknowledgements.failAll()
    }
    for (const entry of group) this.#show(entry)
    this.#listeners.tell(group.filter(({ queue }) => queue))
    this.#acknowledgements.reached(this.#flushedTo)
  }

  whenAcknowledged(endOffset: number, _wait: boolean, done: Parameters<MessageStore['whenAcknowledged']>[2]) {
    this.#acknowledgements.wait(endOffset, 0, done)
    this.options.io.clock.endOfTurn(() => {
      this.#acknowledgements.reached(this.#flushedTo)
      if (this.refusal !== undefined && !this.#flushing) this.#acknowledgements.failAll()
    })
  }

  get(request: GetRequest) {
    const { entries } = this.#find(request.topic, request.queueId) ?? { entries: [] }
    return answerGet(request, {
      minOffset: 0,
      maxOffset: entries.length,
      entries: (from, count) => entries.slice(from, from + count),
      record: ({ queueOffset }) => entries[queueOffset]?.record,
    })
  }

  recordAt = async (commitLogOffset: number) => this.#visible.get(commitLogOffset)?.record
  entries = async (topic: string, queueId: number, from: number, count: number) =>
    this.#find(topic, queueId)?.entries.slice(Math.max(0, from), Math.max(0, from) + count) ?? []
  query = () => Promise.reject(new StoreError('NO_INDEX', 'the journal keeps no index of message keys'))
  onArrival = (listener: (arrivals: readonly Arrival[]) => void) => this.#listeners.listen(listener)

  minOffset = (topic: string, queueId: number) => (this.#find(topic, queueId) ? 0 : -1)
  maxOffset = (topic: string, queueId: number) => this.#find(topic, queueId)?.entries.length ?? 0
  storeTimeAt = async (topic: string, queueId: number, queueOffset: number) =>
    this.#find(topic, queueId)?.entries[queueOffset]?.storeTimestamp ?? -1
  offsetByTime = (topic: string, queueId: number, timestampMs: number) =>
    offsetByTime(0, this.maxOffset(topic, queueId), timestampMs, (offset) => this.storeTimeAt(topic, queueId, offset))
  earliestStoreTime = async (topic?: string, queueId?: number) => {
    if (topic !== undefined && queueId !== undefined) return this.storeTimeAt(topic, queueId, 0)
    return this.#visible.values().next().value?.storeTimestamp ?? -1
  }
  isCold = () => false

  queues = () => new Map([...this.#topics].map(([topic, queues]) => [topic, [...queues.keys()].sort((a, b) => a - b)]))
  cleanExpired = async () => {}
  cleanUnusedTopics(topics: ReadonlySet<string>) {
    const unused = [...this.#topics.keys()].filter((topic) => !topics.has(topic) && !isSystemTopic(topic))
    const droppedTo = Object.fromEntries(unused.map((topic) => [topic, this.#end]))
    if (unused.length > 0) this.documents.write(dropped, JSON.stringify({ ...this.#droppedTo(), ...droppedTo }))
    for (const topic of unused) this.#topics.delete(topic)
    return unused
  }

  stats() {
    const { io, directory } = this.options
    const { totalBytes, freeBytes } = io.disk.space(directory)
    const log = { commitLogMinOffset: 0, commitLogMaxOffset: this.#end, flushedOffset: this.#flushedTo }
    return { ...this.#counts, ...log, dispatchBehindBytes: 0, diskUsedRatio: 1 - freeBytes / totalBytes, directory }
  }

  #find = (topic: string, queueId: number) => this.#topics.get(topic)?.get(queueId)
  #open(topic: string, queueId: number) {
    const queues = this.#topics.get(topic) ?? new Map<number, Queue>()
    const queue = queues.get(queueId) ?? { entries: [], next: 0 }
    this.#topics.set(topic, queues.set(queueId, queue))
    return queue
  }
}

/** The whole and intact record that begins at a place of the journal; undefined when there is none. */
function recordAt(journal: Uint8Array, at: number) {
  try {
    const record = decodeRecord(journal, at)
    return record.commitLogOffset === at && recordBodyIntact(journal, at) ? record : undefined
  } catch {
    return undefined
  }
}

export const createJournalStore: StoreEngine = (options) => new JournalStore(options)

/** Called by `mq start --store`. */
export const loadEngine = () => createJournalStore
