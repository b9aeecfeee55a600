/**
 * What the console needs of a cluster, and nothing more: between the pages and the client, so that either can change
 * alone. All calls reject with `ConsoleError`. The real one is `client-source.ts`; tests bring their own.
 */
export interface ClusterSource {
  /** Addresses of the name servers asked. */
  readonly namesrv: readonly string[]
  /** Brokers the name servers know, masters and slaves. */
  brokers(): Promise<BrokerPlace[]>
  /** Runtime info of a broker (code 28), as it comes. */
  runtimeInfo(address: string): Promise<Readonly<Record<string, string>>>
  /** Config of a broker (code 26), as it comes. */
  brokerConfig(address: string): Promise<ReadonlyMap<string, string>>
  topicNames(): Promise<string[]>
  topicRoute(topic: string): Promise<TopicRoute>
  /** Of all masters that answer; those that do not are `problems`. Rejects when none does. */
  queueOffsets(topic: string): Promise<TopicOffsets>
  /** Sums of the committed offsets of a broker's queues, by `topic@group`. */
  committedOffsets(address: string): Promise<ReadonlyMap<string, number>>
  /** Up to `count` messages from `offset` on, without waiting for new ones. */
  readQueue(queue: Queue, offset: number, count: number): Promise<QueueRead>
  send(message: OutgoingMessage): Promise<SentMessage>
  /** Makes the topic on all masters of a cluster; resolves with their addresses. */
  createTopic(topic: NewTopic): Promise<string[]>
  close(): Promise<void>
}

export interface Queue {
  topic: string
  brokerName: string
  queueId: number
}

export interface BrokerPlace {
  cluster: string
  brokerName: string
  /** 0: the master. */
  brokerId: number
  address: string
}

export interface TopicRoute {
  brokers: BrokerPlace[]
  /** How many queues the topic has on each broker name. `perm`: 2 write, 4 read. */
  queues: { brokerName: string; readQueues: number; writeQueues: number; perm: number }[]
}

export interface QueueOffsets extends Queue {
  minOffset: number
  maxOffset: number
  /** Store time of the last message, ms since the epoch; 0 when there is none. */
  lastStoreTimestamp: number
}

export interface TopicOffsets {
  queues: QueueOffsets[]
  problems: string[]
}

export interface QueueRead {
  messages: StoredMessage[]
  /** Where to go on. */
  nextOffset: number
  minOffset: number
  maxOffset: number
}

export interface StoredMessage extends Queue {
  queueOffset: number
  /** Given by the producer; the same as `offsetMsgId` when it gave none. */
  msgId: string
  offsetMsgId: string
  tags: string | undefined
  keys: string[]
  properties: Readonly<Record<string, string>>
  /** Ms since the epoch. */
  bornTimestamp: number
  storeTimestamp: number
  /** `host:port` */
  bornHost: string
  storeHost: string
  reconsumeTimes: number
  sysFlag: number
  flag: number
  /** Bytes in the commit log. */
  storeSize: number
  /** Decompressed; undefined when it could not be. */
  body: Uint8Array | undefined
}

export interface OutgoingMessage {
  topic: string
  body: Uint8Array
  tags?: string
  keys?: string[]
  properties?: Record<string, string>
  delayLevel?: number
  /** Default: whichever is next. */
  queue?: Queue
}

export interface SentMessage extends Queue {
  status: string
  msgId: string
  offsetMsgId: string
  queueOffset: number
}

export interface NewTopic {
  topic: string
  cluster: string
  readQueues: number
  writeQueues: number
  perm: number
}
