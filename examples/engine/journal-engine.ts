import type { DiskFile } from '@mq/io'
import { decodeRecord, recordBodyIntact } from '@mq/protocol'
import { type EngineOptions, type GetRequest, type MessageStore, type StoreEngine, StoreError } from '@mq/store'
import {
  answerGet,
  engineSettings,
  type EngineSettings,
  FileDocuments,
  GroupWriter,
  lockFolder,
} from '@mq/store/engine'
import { offsetByTime, QueueTable, type StoredRecord } from '@mq/store/engine'

/** Messages of a queue that can be read, by queue offset; `nextOffset` is that of the message that is appended next. */
class Queue {
  readonly messages: Message[] = []
  nextOffset = 0
}

type Message = StoredRecord<Queue>

const dropped = 'droppedTopics.json'

/** All messages in memory, and all in one file, `journal`, that is read when the store starts. Nothing is ever deleted. */
class JournalStore implements MessageStore {
  readonly acknowledges = 'flushed'
  readonly recordBytesMax: number
  readonly documents: FileDocuments
  readonly #settings: EngineSettings
  readonly #writer: GroupWriter<Queue>
  readonly #queues = new QueueTable(() => new Queue())
  readonly #visible = new Map<number, Message>()
  #lock: { release(): void } | undefined
  #journal: DiskFile | undefined

  constructor(options: EngineOptions) {
    const settings = (this.#settings = engineSettings(options))
    this.recordBytesMax = settings.config.maxMessageSize
    this.documents = new FileDocuments(settings.io.disk, `${settings.directory}/config`, settings.logger)
    this.#writer = new GroupWriter({
      ...settings,
      queues: this.#queues,
      write: (group) => this.#write(group),
      show: (message) => this.#show(message),
    })
  }

  async start() {
    const { directory, io } = this.#settings
    this.#lock = lockFolder(io.disk, directory)
    this.#journal = io.disk.open(`${directory}/journal`, { create: true })
    io.disk.syncDirectory(directory)
    this.#replay(io.disk.readWhole(this.#journal.path)!)
    // Behind that lies what was torn when the last process ended. Nobody was told that it is there.
    this.#journal.truncate(this.#writer.end)
    await this.#journal.sync()
    this.#writer.open()
  }

  #replay(journal: Uint8Array) {
    const droppedTo = this.#droppedTo()
    for (let record = recordAt(journal, 0); record; record = recordAt(journal, this.#writer.end)) {
      const { commitLogOffset, size, topic } = record
      const isDropped = commitLogOffset < (droppedTo[topic] ?? 0)
      this.#writer.found(record, journal.subarray(commitLogOffset, commitLogOffset + size), !isDropped)
    }
  }

  async close() {
    await this.#writer.close()
    this.#journal?.close()
    this.#lock?.release()
    this.#journal = this.#lock = undefined
  }

  async #write(group: readonly Message[]) {
    const records = group.map(({ record }) => record)
    this.#journal!.writePieces(records, group[0]!.commitLogOffset)
    await this.#journal!.sync()
  }

  #show(message: Message) {
    message.queue?.messages.push(message)
    this.#visible.set(message.commitLogOffset, message)
  }

  get refusal() {
    return this.#writer.refusal
  }

  append: MessageStore['append'] = (message) => this.#writer.append(message)
  whenAcknowledged: MessageStore['whenAcknowledged'] = (...asked) => this.#writer.whenAcknowledged(...asked)
  onArrival: MessageStore['onArrival'] = (listener) => this.#writer.onArrival(listener)

  #messages = (topic: string, queueId: number) => this.#queues.find(topic, queueId)?.messages ?? []

  get(request: GetRequest) {
    const messages = this.#messages(request.topic, request.queueId)
    return answerGet(request, {
      minOffset: 0,
      maxOffset: messages.length,
      entries: (from, count) => messages.slice(from, from + count),
      record: ({ queueOffset }) => messages[queueOffset]?.record,
    })
  }

  recordAt = async (commitLogOffset: number) => this.#visible.get(commitLogOffset)?.record
  entries = async (topic: string, queueId: number, from: number, count: number) =>
    this.#messages(topic, queueId).slice(Math.max(0, from), Math.max(0, from) + count)
  query = () => Promise.reject(new StoreError('NO_INDEX', 'the journal keeps no index of message keys'))

  minOffset = (topic: string, queueId: number) => (this.#queues.find(topic, queueId) ? 0 : -1)
  maxOffset = (topic: string, queueId: number) => this.#messages(topic, queueId).length
  storeTimeAt = async (topic: string, queueId: number, queueOffset: number) =>
    this.#messages(topic, queueId)[queueOffset]?.storeTimestamp ?? -1
  offsetByTime = (topic: string, queueId: number, timestampMs: number) =>
    offsetByTime(0, this.maxOffset(topic, queueId), timestampMs, (offset) => this.storeTimeAt(topic, queueId, offset))
  earliestStoreTime = async (topic?: string, queueId?: number) => {
    if (topic !== undefined && queueId !== undefined) return this.storeTimeAt(topic, queueId, 0)
    return this.#visible.values().next().value?.storeTimestamp ?? -1
  }

  queues = () => this.#queues.ids()
  isCold = () => false
  stats = () => ({ commitLogMinOffset: 0, ...this.#writer.stats() })
  cleanExpired = async () => {}
  cleanUnusedTopics(topics: ReadonlySet<string>) {
    const unused = this.#queues.unusedTopics(topics)
    const droppedTo = Object.fromEntries(unused.map((topic) => [topic, this.#writer.end]))
    if (unused.length > 0) this.documents.write(dropped, JSON.stringify({ ...this.#droppedTo(), ...droppedTo }))
    for (const topic of unused) this.#queues.dropTopic(topic)
    return unused
  }
  #droppedTo = () => (this.documents.read(dropped) ?? {}) as Record<string, number>
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
