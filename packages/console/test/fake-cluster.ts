import { ConsoleError } from '../src/console-error.js'
import type {
  BrokerPlace,
  ClusterSource,
  NewTopic,
  OutgoingMessage,
  Queue,
  QueueRead,
  SentMessage,
  StoredMessage,
  TopicOffsets,
  TopicRoute,
} from '../src/cluster-source.js'

const bornMs = Date.UTC(2030, 0, 1)

/** A cluster of one master, in memory, which keeps what is sent to it and fails where it is told to. */
export class FakeCluster implements ClusterSource {
  readonly namesrv = ['127.0.0.1:9876']
  places: BrokerPlace[] = [
    { cluster: 'DefaultCluster', brokerName: 'broker-a', brokerId: 0, address: '10.0.0.1:10911' },
  ]
  info: Record<string, string> = {
    brokerVersionDesc: 'V4_7_1',
    bootTimestamp: String(bornMs),
    putTps: '12.5 11.0 10.0',
    getTransferedTps: '3.25 3.0 2.0',
    msgPutTotalTodayNow: '1500',
    msgPutTotalTodayMorning: '500',
    msgPutTotalYesterdayMorning: '100',
    commitLogMinOffset: '1024',
    commitLogMaxOffset: '5120',
    commitLogDiskRatio: '0.25',
    earliestMessageTimeStamp: '-1',
  }
  config = new Map([
    ['flushDiskType', 'SYNC_FLUSH'],
    ['brokerRole', 'ASYNC_MASTER'],
  ])
  committed = new Map<string, number>()
  /** Messages a read brings at most, as brokers limit it. */
  readLimit = 8
  /** Errors by method, thrown instead of an answer. */
  readonly failures = new Map<keyof ClusterSource, Error>()
  /** Calls made, by method. */
  readonly calls = new Map<string, number>()
  closed = 0
  readonly #queues = new Map<string, StoredMessage[][]>()

  constructor(topics: Record<string, number> = { Orders: 2 }) {
    for (const [topic, queues] of Object.entries(topics)) this.#makeTopic(topic, queues)
  }

  async brokers() {
    this.#called('brokers')
    return this.places
  }
  async runtimeInfo() {
    this.#called('runtimeInfo')
    return this.info
  }
  async brokerConfig() {
    this.#called('brokerConfig')
    return this.config
  }
  async topicNames() {
    this.#called('topicNames')
    return [...this.#queues.keys()]
  }
  async topicRoute(topic: string): Promise<TopicRoute> {
    this.#called('topicRoute')
    const count = this.#queuesOf(topic).length
    return {
      brokers: this.places,
      queues: [{ brokerName: 'broker-a', readQueues: count, writeQueues: count, perm: 6 }],
    }
  }
  async queueOffsets(topic: string): Promise<TopicOffsets> {
    this.#called('queueOffsets')
    const queues = this.#queuesOf(topic).map((messages, queueId) => ({
      ...{ topic, brokerName: 'broker-a', queueId },
      minOffset: 0,
      maxOffset: messages.length,
      lastStoreTimestamp: messages.at(-1)?.storeTimestamp ?? 0,
    }))
    return { queues, problems: [] }
  }
  async committedOffsets() {
    this.#called('committedOffsets')
    return this.committed
  }
  async readQueue(queue: Queue, offset: number, count: number): Promise<QueueRead> {
    this.#called('readQueue')
    const stored = this.#queuesOf(queue.topic)[queue.queueId] ?? []
    const messages = stored.slice(offset, offset + Math.min(count, this.readLimit))
    return { messages, nextOffset: offset + messages.length, minOffset: 0, maxOffset: stored.length }
  }
  async send(message: OutgoingMessage): Promise<SentMessage> {
    this.#called('send')
    const { topic } = message
    const queueId = message.queue?.queueId ?? 0
    if (!this.#queues.has(topic)) this.#makeTopic(topic, 1)
    const stored = this.#store(message, queueId)
    return { topic, brokerName: 'broker-a', queueId, status: 'SEND_OK', ...idsOf(stored) }
  }
  async createTopic({ topic, writeQueues }: NewTopic) {
    this.#called('createTopic')
    this.#makeTopic(topic, writeQueues)
    return ['10.0.0.1:10911']
  }
  async close() {
    this.closed++
  }

  dropTopic(topic: string): void {
    this.#queues.delete(topic)
  }

  #makeTopic(topic: string, queues: number): void {
    this.#queues.set(
      topic,
      Array.from({ length: queues }, () => []),
    )
  }

  #store({ topic, body, tags, keys = [], properties = {} }: OutgoingMessage, queueId: number): StoredMessage {
    const queue = this.#queuesOf(topic)[queueId]!
    const number = [...this.#queues.values()].flat(2).length
    const stored: StoredMessage = {
      ...{ topic, brokerName: 'broker-a', queueId, queueOffset: queue.length, tags, keys, body },
      msgId: `AC110001${String(number).padStart(8, '0')}`,
      offsetMsgId: `0A00000100002A9F${number.toString(16).toUpperCase().padStart(16, '0')}`,
      properties: { ...properties, ...(tags && { TAGS: tags }) },
      bornTimestamp: bornMs + number,
      storeTimestamp: bornMs + number,
      bornHost: '10.0.0.9:50000',
      storeHost: '10.0.0.1:10911',
      ...{ reconsumeTimes: 0, sysFlag: 0, flag: 0, storeSize: 91 + body.length },
    }
    queue.push(stored)
    return stored
  }

  #queuesOf(topic: string): StoredMessage[][] {
    const queues = this.#queues.get(topic)
    if (queues === undefined) throw new ConsoleError('NOT_FOUND', `no topic ${topic}`, 'Create it.')
    return queues
  }

  #called(method: keyof ClusterSource): void {
    this.calls.set(method, (this.calls.get(method) ?? 0) + 1)
    const failure = this.failures.get(method)
    if (failure) throw failure
  }
}

const idsOf = ({ msgId, offsetMsgId, queueOffset }: StoredMessage) => ({ msgId, offsetMsgId, queueOffset })
