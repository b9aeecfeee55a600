import type { Io, Logger } from '@mq/io'
import type { StoreConfig } from './store-config.js'

/**
 * What a broker needs of a store, and nothing else. Engines implement this interface; `@mq/store/conformance` says whether
 * one does, `docs/write-your-own-engine.md` how to begin.
 *
 * Four promises run through all of it:
 *
 * - A place is final. `append` gives queue offset and commit log offset at once, in memory; what makes messages last is
 *   done for all appends of a turn together. Offsets of a queue have no gaps, commit log offsets only grow, neither is
 *   given twice, also not after a restart.
 * - Visible when safe. A message can be read when it has reached the store's acknowledgement level, never before: so a
 *   consumer cannot have read, and committed past, a message that a power loss takes back.
 * - Offsets are cursors. A reader that goes on at `nextOffset` sees every visible message once and in order: it never
 *   points behind a message that was appended but is not visible yet. Half messages and rollbacks have no offset.
 * - Time, disk and chance come in by the `Io` the engine is made with, as far as it touches them itself.
 */
export interface MessageStore {
  /** Recovers and opens. Rejects with `StoreError` when the folder is in use, unreadable or of a kind we cannot read. */
  start(): Promise<void>
  /** Refuses appends from now on, makes everything last, answers who waits, releases the folder. A second call does nothing. */
  close(): Promise<void>

  // Writing

  /** What an acknowledgement of this store means for the data. */
  readonly acknowledges: AcknowledgementLevel
  /** Undefined while appends are taken; else the reason why not, as a sentence for remark, log and console. */
  readonly refusal: string | undefined
  /**
   * Longest record that `append` takes, bytes: `maxMessageSize`, or less. Who stores several messages all or none asks before the first; so does
   * who keeps one for another topic. `recordByteLength` of `@mq/protocol` tells how long a record gets.
   */
  readonly recordBytesMax: number
  /**
   * Puts one message at the end of its queue. Synchronous: the position is final when it returns. The body is copied.
   * Refusals are values, not exceptions.
   */
  append(message: MessageToStore): AppendResult
  /**
   * Calls back when everything up to `endOffset` of the commit log has reached the acknowledgement level (or, with
   * `waitStoreOk` false, has been written), all callbacks of a group in order and in one go. Never during the call. This is
   * how one asks for a flush: it needs no other.
   */
  whenAcknowledged(endOffset: number, waitStoreOk: boolean, done: (status: AcknowledgedStatus) => void): void

  // Reading: only what is visible

  /** Reads stored records of a queue from `queueOffset` on; what is in memory comes at once, without a promise. */
  get(request: GetRequest): GetResult | Promise<GetResult>
  /** The stored record at a commit log offset, half messages too; undefined when there is none. */
  recordAt(commitLogOffset: number): Promise<Uint8Array | undefined>
  /** Entries of the consume queue, for admin tools and background readers. */
  entries(topic: string, queueId: number, fromOffset: number, count: number): Promise<ConsumeQueueEntry[]>
  /**
   * Messages by key or unique key, the newest `maxMessages`, in the order of the log, as `QUERY_MESSAGE` answers. Rejects with
   * `StoreError` `NO_INDEX` when the engine keeps no index.
   */
  query(request: QueryRequest): Promise<QueryResult>
  /** Told of each message that has become visible, once and in order, a group at a time. Returns the way to stop it. */
  onArrival(listener: (arrivals: readonly Arrival[]) => void): () => void

  // Offsets and times

  /** First offset of a queue that can be read; -1 for a queue that was never written. */
  minOffset(topic: string, queueId: number): number
  /** The offset the next visible message of the queue gets; 0 for a queue that was never written. */
  maxOffset(topic: string, queueId: number): number
  /** Offset by store time: exact, else the nearer neighbour (4.7.1, `ConsumeQueue.getOffsetInQueueByTime`). */
  offsetByTime(topic: string, queueId: number, timestampMs: number): Promise<number>
  /** Store time of the message at a queue offset, ms; -1 when there is none. */
  storeTimeAt(topic: string, queueId: number, queueOffset: number): Promise<number>
  /** Store time of the first message still there, in the store or in one queue, ms; -1 when there is none. */
  earliestStoreTime(topic?: string, queueId?: number): Promise<number>
  /** Is the record at this queue offset so far back that reading it means the disk? (Apache's 40 % of memory rule.) */
  isCold(topic: string, queueId: number, queueOffset: number): boolean

  // Housekeeping

  /** Queues that hold or held messages, by topic. */
  queues(): Map<string, number[]>
  /** Drops the queues of topics that are not in `topics` (system topics stay). Returns the topics dropped. */
  cleanUnusedTopics(topics: ReadonlySet<string>): string[]
  /** Drops what the retention rules say is over; runs by itself, here at once. */
  cleanExpired(): Promise<void>
  /** Figures for runtime info, metrics and the console. */
  stats(): StoreStats
  /** Small JSON documents by file name (`topics.json` …): read, and replaced as a whole. They last when `write` returns. */
  readonly documents: DocumentStore
}

/** Makes a store of one kind; a broker is given the store, a cluster the engine. */
export type StoreEngine = (options: EngineOptions) => MessageStore

/** What every engine is made with. */
export interface EngineOptions {
  io: Io
  /** Absolute path of a folder that is the store's alone; made when missing. */
  directory: string
  /** Address that stands in records and message ids: where clients reach the broker. */
  storeHost: HostAddress
  /** Default: silent. */
  logger?: Logger
  /** What differs from RocketMQ's defaults; see `storeConfigTable`. An engine says which keys it heeds. */
  config?: Partial<StoreConfig>
  /** Hours a message is kept, read at each look. Default: `fileReservedTime`, which then cannot change. */
  reservedHours?: () => number
}

/** `received`: written, survives the end of the process (ASYNC_FLUSH). `flushed`: survives a power loss (SYNC_FLUSH). */
export type AcknowledgementLevel = 'received' | 'flushed'

export interface MessageToStore {
  topic: string
  queueId: number
  /** The client's own flag, opaque. */
  flag: number
  sysFlag: number
  bornTimestamp: number
  bornHost: HostAddress
  /** Default: the store's own address. */
  storeHost?: HostAddress
  reconsumeTimes: number
  preparedTransactionOffset: number
  /** As stored: compressed where the sender compressed it. */
  body: Uint8Array | undefined
  /** In their stored form (`name SOH value STX …`), as text, or as UTF-8 bytes when they came so. */
  properties: string | Uint8Array
  /** What the consume queue keeps for filtering. Default: the hash of the TAGS property. */
  tagsCode?: number
}

/** An IPv4 or IPv6 address as text, and a port. */
export interface HostAddress {
  host: string
  port: number
}

export type AppendResult = Placed | Refused

/** A message that has its place. */
export interface Placed {
  ok: true
  commitLogOffset: number
  /** Where the record ends: what `whenAcknowledged` takes. */
  endOffset: number
  /** 0 for half messages and rollbacks, which have no place in a queue. */
  queueOffset: number
  storeTimestamp: number
  /** `offsetMsgId`: store address and commit log offset, upper-case hex. Computed when first read. */
  readonly messageId: string
}

export interface Refused {
  ok: false
  reason: AppendRefusal
  message: string
}

export type AppendRefusal =
  'MESSAGE_ILLEGAL' | 'PROPERTIES_SIZE_EXCEEDED' | 'MESSAGE_SIZE_EXCEEDED' | 'SERVICE_NOT_AVAILABLE'

export type AcknowledgedStatus = 'OK' | 'FLUSH_DISK_TIMEOUT' | 'FAILED'

export interface GetRequest {
  topic: string
  queueId: number
  queueOffset: number
  maxMessages: number
  /** Default: 256 KiB from memory, 64 KiB from disk (`maxTransferBytesOnMessageInMemory`, `…InDisk`). */
  maxBytes?: number
  /** Looks at consume queue entries; what it refuses is skipped and counts as scanned. */
  matches?: (tagsCode: number) => boolean
  /** Looks at the record of an entry that `matches` let through (property filters). */
  matchesRecord?: (record: Uint8Array) => boolean
}

/** Names as Apache's `GetMessageStatus`: they travel as remark of a pull response. */
export type GetStatus =
  | 'FOUND'
  | 'NO_MATCHED_MESSAGE'
  | 'MESSAGE_WAS_REMOVING'
  | 'OFFSET_FOUND_NULL'
  | 'OFFSET_OVERFLOW_BADLY'
  | 'OFFSET_OVERFLOW_ONE'
  | 'OFFSET_TOO_SMALL'
  | 'NO_MATCHED_LOGIC_QUEUE'
  | 'NO_MESSAGE_IN_QUEUE'

export interface GetResult {
  status: GetStatus
  /** Where to go on. */
  nextOffset: number
  minOffset: number
  maxOffset: number
  /** Stored records, one behind the other; a piece may hold several. Shared memory: do not write to it. */
  pieces: readonly Uint8Array[]
  messageCount: number
  bytes: number
  /** The reader is so far behind that a slave should serve it. */
  readFromDisk: boolean
}

export interface ConsumeQueueEntry {
  queueOffset: number
  commitLogOffset: number
  size: number
  tagsCode: number
}

export interface QueryRequest {
  topic: string
  key: string
  maxMessages: number
  beginMs: number
  endMs: number
}

export interface QueryResult {
  indexLastUpdateTimestamp: number
  indexLastUpdatePhyoffset: number
  records: Uint8Array[]
}

export interface Arrival {
  topic: string
  queueId: number
  queueOffset: number
  tagsCode: number
  storeTimestamp: number
  commitLogOffset: number
  size: number
}

export interface StoreStats {
  commitLogMinOffset: number
  commitLogMaxOffset: number
  flushedOffset: number
  /** Records in the log that no consume queue leads to yet, bytes. */
  dispatchBehindBytes: number
  /** Messages and bytes appended since the start. */
  putMessages: number
  putBytes: number
  appendMsMax: number
  diskUsedRatio: number
  directory: string
}

export interface DocumentStore {
  /** The parsed document, tolerant of integer keys; the version before when this one is unreadable; undefined when there is none. */
  read(name: string): unknown
  /** Keeps the present one, if it can be read, as the version before, and replaces it. Throws `RangeError` for what is no file name. */
  write(name: string, text: string): void
}

/** Why a store cannot start, go on or take a message; `message` names path, cause and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  constructor(
    readonly code: 'IN_USE' | 'NOT_WRITABLE' | 'FORMAT' | 'CORRUPT' | 'NO_SPACE' | 'NO_INDEX' | 'REFUSED',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
