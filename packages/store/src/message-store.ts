/**
 * What a broker needs of a store, and nothing else. Engines implement this interface.
 *
 * Positions are given at once, in memory; what makes them last is done for all appends of a turn together. A message is
 * visible to readers when it has reached the store's acknowledgement level, never before: so a consumer cannot
 * have read, and committed past, a message that a power loss takes back.
 */
export interface MessageStore {
  /** Recovers and opens. Rejects with `StoreError` when the folder is in use, unreadable or of a kind we cannot read. */
  start(): Promise<void>
  /** Refuses appends from now on, makes everything last, writes checkpoint and metadata, releases the folder. */
  close(): Promise<void>

  /** What an acknowledgement of this store means for the data. */
  readonly acknowledges: AcknowledgementLevel
  /** Undefined while appends are taken; else the reason why not, as a sentence for remark, log and console. */
  readonly refusal: string | undefined

  /**
   * Puts one message at the end of its queue. Synchronous: the position is final when it returns. The body is copied.
   * Refusals are values, not exceptions.
   */
  append(message: MessageToStore): AppendResult
  /**
   * Calls back when everything up to `endOffset` of the commit log has reached the acknowledgement level (or, with
   * `waitStoreOk` false, has been written), all callbacks of a group in order and in one go.
   */
  whenAcknowledged(endOffset: number, waitStoreOk: boolean, done: (status: AcknowledgedStatus) => void): void

  /** Reads stored records of a queue from `queueOffset` on; what is in memory comes at once, without a promise. */
  get(request: GetRequest): GetResult | Promise<GetResult>
  /** The stored record at a commit log offset; undefined when there is none. */
  recordAt(commitLogOffset: number): Promise<Uint8Array | undefined>

  /** First offset of a queue that can be read; -1 for a queue that was never written (as Apache answers 31). */
  minOffset(topic: string, queueId: number): number
  /** The offset the next visible message of the queue gets; 0 for a queue that was never written. */
  maxOffset(topic: string, queueId: number): number
  /** Offset by store time: exact, else the nearer neighbour (4.7.1, `ConsumeQueue.getOffsetInQueueByTime`). */
  offsetByTime(topic: string, queueId: number, timestampMs: number): Promise<number>
  /** Store time of the message at a queue offset, ms; -1 when there is none. */
  storeTimeAt(topic: string, queueId: number, queueOffset: number): Promise<number>
  /** Store time of the first message still there, ms; -1 when there is none. */
  earliestStoreTime(topic?: string, queueId?: number): Promise<number>
  /** Entries of the consume queue, for admin tools and background readers. */
  entries(topic: string, queueId: number, fromOffset: number, count: number): Promise<ConsumeQueueEntry[]>

  /**
   * Messages by key or unique key, the newest `maxMessages`, in the order of the log, as `QUERY_MESSAGE` answers. Rejects with
   * `StoreError` `NO_INDEX` when the engine keeps no index.
   */
  query(request: QueryRequest): Promise<QueryResult>

  /** Queues that exist, by topic. */
  queues(): Map<string, number[]>
  /** Is the record at this queue offset so far back that reading it means the disk? (Apache's 40 % of memory rule.) */
  isCold(topic: string, queueId: number, queueOffset: number): boolean
  /** Told of each message that has become visible, a group at a time. Returns the way to stop it. */
  onArrival(listener: (arrivals: readonly Arrival[]) => void): () => void

  /** Drops the queues of topics that are not in `topics` (system topics stay). Returns the topics dropped. */
  cleanUnusedTopics(topics: ReadonlySet<string>): string[]
  /** Drops what the retention rules say is over; runs by itself, here at once. */
  cleanExpired(): Promise<void>

  /** Figures for runtime info, metrics and the console. */
  stats(): StoreStats

  /** Small JSON documents in the store's `config` folder, by file name (`topics.json` …): read, and replaced as a whole. */
  readonly documents: DocumentStore
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

export type AppendResult =
  | {
      ok: true
      commitLogOffset: number
      /** Where the record ends: what `whenAcknowledged` takes. */
      endOffset: number
      queueOffset: number
      storeTimestamp: number
      /** `offsetMsgId`: store address and commit log offset, upper-case hex. Computed when first read. */
      readonly messageId: string
    }
  | { ok: false; reason: AppendRefusal; message: string }

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
  /** The parsed document, tolerant of integer keys; from the `.bak` when the main one is unreadable. */
  read(name: string): unknown
  /** Keeps the present one as `.bak` and replaces it. */
  write(name: string, text: string): void
}

/** Why a store cannot start or go on; `message` names path, cause and what to do. */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  constructor(
    readonly code: 'IN_USE' | 'NOT_WRITABLE' | 'FORMAT' | 'CORRUPT' | 'NO_SPACE' | 'NO_INDEX',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
