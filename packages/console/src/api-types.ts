/**
 * The JSON of the console's API: what the server answers and the pages read. Times are ms since the epoch, sizes bytes,
 * rates messages a second. `null` means not known, which is not the same as 0.
 */

export interface ClusterView {
  timeMs: number
  console: { version: string }
  namesrv: readonly string[]
  brokers: BrokerView[]
  totals: ClusterTotals
  /** What could not be found out, one sentence each; the rest of the answer stands. */
  problems: string[]
}

export interface ClusterTotals {
  brokers: number
  topics: number
  inRate: number | null
  outRate: number | null
  /** Since this morning, over all masters. */
  inToday: number | null
  outToday: number | null
  /** Taken by commit logs. */
  diskBytes: number | null
}

export interface BrokerView {
  cluster: string
  brokerName: string
  brokerId: number
  role: 'master' | 'slave'
  address: string
  /** Null when the broker did not answer. */
  version: string | null
  startedMs: number | null
  inRate: number | null
  outRate: number | null
  inToday: number | null
  outToday: number | null
  inYesterday: number | null
  outYesterday: number | null
  /** Bytes of the commit log. */
  diskBytes: number | null
  /** Of the disk that holds the commit log: 0 to 1. */
  diskRatio: number | null
  /** Store time of the oldest message. */
  earliestMessageMs: number | null
  acknowledgement: Acknowledgement | null
}

/** What an acknowledgement of a broker means for the data. */
export interface Acknowledgement {
  flushDiskType: string
  brokerRole: string
  /** In words. */
  meaning: string
}

export type TopicKind = 'normal' | 'retry' | 'dlq' | 'system'

export interface TopicView {
  name: string
  kind: TopicKind
  queues: number | null
  /** Ever taken in: the sum of the max offsets. */
  inTotal: number | null
  /** Still there: the sum of max - min. */
  stored: number | null
  /** The sum of committed offsets of all consumer groups. */
  outTotal: number | null
  inRate: number | null
  outRate: number | null
  lastStoreTimestamp: number | null
}

export interface TopicList {
  timeMs: number
  topics: TopicView[]
  problems: string[]
}

export interface TopicDetail {
  name: string
  kind: TopicKind
  route: {
    brokers: { cluster: string; brokerName: string; brokerId: number; address: string }[]
    queues: { brokerName: string; readQueues: number; writeQueues: number; perm: number }[]
  }
  queues: { brokerName: string; queueId: number; minOffset: number; maxOffset: number; lastStoreTimestamp: number }[]
  problems: string[]
}

export interface MessageSummary {
  topic: string
  brokerName: string
  queueId: number
  queueOffset: number
  msgId: string
  offsetMsgId: string
  tags: string | null
  keys: string[]
  bornTimestamp: number
  storeTimestamp: number
  bornHost: string
  storeHost: string
  reconsumeTimes: number
  properties: Readonly<Record<string, string>>
  /** Decompressed size; null when the body cannot be read. */
  bodyBytes: number | null
  bodyKind: 'text' | 'json' | 'binary' | 'unreadable'
  /** The beginning of the body: text, or hex of a binary one. */
  preview: string
}

export interface MessageList {
  messages: MessageSummary[]
  /** Offsets of each queue that was read, for paging. */
  queues: { brokerName: string; queueId: number; minOffset: number; maxOffset: number }[]
  /** For one queue only: where the next page begins. */
  nextOffset: number | null
  problems: string[]
}

export interface MessageDetail extends MessageSummary {
  sysFlag: number
  flag: number
  storeSize: number
  /** Up to a mebibyte of the body. */
  bodyBase64: string
  bodyTruncated: boolean
}

export interface ProduceRequest {
  body: string
  /** How `body` is written here. Default `text`, stored as UTF-8. */
  encoding?: 'text' | 'base64'
  tags?: string
  keys?: string[]
  properties?: Record<string, string>
  delayLevel?: number
  brokerName?: string
  queueId?: number
}

export interface ProduceAnswer {
  status: string
  msgId: string
  offsetMsgId: string
  topic: string
  brokerName: string
  queueId: number
  queueOffset: number
}

export interface CreateTopicRequest {
  topic: string
  /** May be left out when there is only one. */
  cluster?: string
  readQueues?: number
  writeQueues?: number
  perm?: number
}

export interface CreateTopicAnswer {
  topic: string
  cluster: string
  brokers: string[]
}

/** Data of the stream's `live` events. The first one is whole; later ones name only the topics that changed. */
export interface LiveView {
  whole: boolean
  cluster: ClusterView
  topics: TopicView[]
  /** What could not be found out about topics. */
  topicProblems: string[]
  /** Topics that are gone. */
  removed: string[]
}

export interface ErrorAnswer {
  error: {
    code: string
    message: string
    /** What to do about it. */
    next: string
  }
}
