import { AdminClient, ClientError, Producer, type Credentials, type ReceivedMessage } from '@mq/client'
import type { ConnectOptions, Io, Logger } from '@mq/io'
import {
  decodeConsumerOffsetSerializeWrapper,
  decodeTopicStatsTable,
  RequestCode,
  requestCommand,
  ResponseCode,
} from '@mq/protocol'
import { ConsoleError, type ConsoleErrorCode } from './console-error.js'
import type {
  BrokerPlace,
  ClusterSource,
  NewTopic,
  OutgoingMessage,
  Queue,
  QueueOffsets,
  QueueRead,
  SentMessage,
  StoredMessage,
  TopicOffsets,
  TopicRoute,
} from './cluster-source.js'

export interface ClientSourceOptions {
  namesrv: string | readonly string[]
  /** Default: requests are not signed. */
  credentials?: Credentials
  /** Default: plain connections. */
  tls?: ConnectOptions['tls']
  io: Io
  logger: Logger
}

const callTimeoutMs = 3000
const producerGroup = 'MQ_CONSOLE'

/** A running cluster, ours or Apache's, through `@mq/client`. */
export class ClientSource implements ClusterSource {
  readonly #options: ClientSourceOptions
  readonly #admin: AdminClient
  /** Made with the first message to send: those who only look need none. */
  #producer: Promise<Producer> | undefined

  constructor(options: ClientSourceOptions) {
    this.#options = options
    this.#admin = new AdminClient({ ...options, timeoutMs: callTimeoutMs })
  }

  get namesrv(): readonly string[] {
    return this.#admin.namesrv
  }

  async brokers(): Promise<BrokerPlace[]> {
    const { brokerAddrTable } = await told(this.#admin.clusterInfo())
    return [...brokerAddrTable.values()].flatMap(placesOf)
  }

  runtimeInfo(address: string): Promise<Record<string, string>> {
    return told(this.#admin.brokerRuntimeInfo(address))
  }

  brokerConfig(address: string): Promise<Map<string, string>> {
    return told(this.#admin.brokerConfig(address))
  }

  topicNames(): Promise<string[]> {
    return told(this.#admin.topicList())
  }

  async topicRoute(topic: string): Promise<TopicRoute> {
    const { brokerDatas, queueDatas } = await told(this.#admin.topicRoute(topic))
    return {
      brokers: brokerDatas.flatMap(placesOf),
      queues: queueDatas.map(({ brokerName, readQueueNums, writeQueueNums, perm }) => ({
        brokerName,
        readQueues: readQueueNums,
        writeQueues: writeQueueNums,
        perm,
      })),
    }
  }

  async queueOffsets(topic: string): Promise<TopicOffsets> {
    const { brokers } = await this.topicRoute(topic)
    const masters = brokers.filter(({ brokerId }) => brokerId === 0)
    const answers = await Promise.allSettled(masters.map(({ address }) => this.#queueOffsetsOf(topic, address)))
    const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []))
    if (failures.length > 0 && failures.length === answers.length) throw failures[0]!
    return {
      queues: answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : [])).sort(compareQueues),
      problems: failures.map(({ message }) => message),
    }
  }

  async #queueOffsetsOf(topic: string, address: string): Promise<QueueOffsets[]> {
    const request = requestCommand(RequestCode.GET_TOPIC_STATS_INFO, { topic })
    const response = await told(this.#admin.invoke(address, request))
    if (response.code !== ResponseCode.SUCCESS) throw refused(address, `the offsets of ${topic}`, response)
    const { offsetTable } = decodeTopicStatsTable(response.body ?? new Uint8Array(0))
    return [...offsetTable].map(([queue, { minOffset, maxOffset, lastUpdateTimestamp }]) => ({
      ...queue,
      minOffset,
      maxOffset,
      lastStoreTimestamp: lastUpdateTimestamp,
    }))
  }

  async committedOffsets(address: string): Promise<Map<string, number>> {
    const request = requestCommand(RequestCode.GET_ALL_CONSUMER_OFFSET)
    const response = await told(this.#admin.invoke(address, request))
    if (response.code !== ResponseCode.SUCCESS) throw refused(address, 'its consumer offsets', response)
    const { offsetTable } = decodeConsumerOffsetSerializeWrapper(response.body ?? new Uint8Array(0))
    return new Map([...offsetTable].map(([key, offsets]) => [key, sum(offsets.values())]))
  }

  async readQueue(queue: Queue, offset: number, count: number): Promise<QueueRead> {
    const { messages, ...offsets } = await told(this.#admin.pullMessages(queue, offset, count))
    return { ...offsets, messages: messages.map((message) => storedMessage(message, queue)) }
  }

  async send({ queue, ...message }: OutgoingMessage): Promise<SentMessage> {
    const producer = await told(this.#startedProducer())
    const { queue: storedIn, ...result } = await told(producer.send(message, queue && { queue }))
    return { ...result, ...storedIn }
  }

  createTopic({ topic, cluster, readQueues, writeQueues, perm }: NewTopic): Promise<string[]> {
    return told(
      this.#admin.createTopic({ topic, cluster, readQueueNums: readQueues, writeQueueNums: writeQueues, perm }),
    )
  }

  async close(): Promise<void> {
    const producer = await this.#producer?.catch(() => undefined)
    await producer?.close({ timeout: 1000 })
    await this.#admin.close()
  }

  #startedProducer(): Promise<Producer> {
    return (this.#producer ??= this.#startProducer())
  }

  async #startProducer(): Promise<Producer> {
    const producer = new Producer({ ...this.#options, group: producerGroup })
    try {
      return await producer.start()
    } catch (error) {
      this.#producer = undefined
      await producer.close()
      throw error
    }
  }
}

function refused(address: string, what: string, response: { code: number; remark: string | undefined }): ConsoleError {
  const reason = response.remark || `response code ${response.code}`
  const message = `broker ${address} does not tell ${what}: ${reason}`
  return new ConsoleError('CLUSTER_REFUSED', message, nextByCode.CLUSTER_REFUSED!)
}

const compareQueues = (a: Queue, b: Queue): number =>
  a.brokerName === b.brokerName ? a.queueId - b.queueId : a.brokerName < b.brokerName ? -1 : 1

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((total, one) => total + one, 0)

function placesOf(data: {
  cluster: string
  brokerName: string
  brokerAddrs: ReadonlyMap<number, string>
}): BrokerPlace[] {
  const { cluster, brokerName, brokerAddrs } = data
  return [...brokerAddrs].map(([brokerId, address]) => ({ cluster, brokerName, brokerId, address }))
}

function storedMessage(message: ReceivedMessage, queue: Queue): StoredMessage {
  const { queueOffset, msgId, offsetMsgId, tags, keys, properties, bornTimestamp, storeTimestamp } = message
  const { reconsumeTimes, sysFlag, flag, storeSize } = message
  return {
    ...queue,
    ...{ queueOffset, msgId, offsetMsgId, tags, keys, properties, bornTimestamp, storeTimestamp },
    ...{ reconsumeTimes, sysFlag, flag, storeSize },
    bornHost: hostText(message.bornHost),
    storeHost: hostText(message.storeHost),
    body: readableBody(message),
  }
}

const hostText = ({ host, port }: { host: string; port: number }): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`

/** One body that cannot be decompressed must not hide the other messages. */
function readableBody(message: ReceivedMessage): Uint8Array | undefined {
  try {
    return message.body
  } catch {
    return undefined
  }
}

/** The client's errors in the console's terms. */
async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw error instanceof ClientError ? fromClientError(error) : error
  }
}

const codes: Partial<Record<ClientError['code'], ConsoleErrorCode>> = {
  NAMESRV_UNREACHABLE: 'CLUSTER_UNREACHABLE',
  NO_BROKER: 'CLUSTER_UNREACHABLE',
  NO_MASTER: 'CLUSTER_UNREACHABLE',
  CONNECT_FAILED: 'CLUSTER_UNREACHABLE',
  CONNECTION_LOST: 'CLUSTER_UNREACHABLE',
  BUSY: 'CLUSTER_UNREACHABLE',
  TIMEOUT: 'CLUSTER_TIMEOUT',
  TOPIC_NOT_FOUND: 'NOT_FOUND',
  NOT_FOUND: 'NOT_FOUND',
  NO_QUEUE: 'BAD_REQUEST',
  MESSAGE_INVALID: 'BAD_REQUEST',
  OPTION_INVALID: 'BAD_REQUEST',
}

export function fromClientError(error: ClientError): ConsoleError {
  const isTopicMissing = error.details.responseCode === ResponseCode.TOPIC_NOT_EXIST
  const code = isTopicMissing ? 'NOT_FOUND' : (codes[error.code] ?? 'CLUSTER_REFUSED')
  const { problem, message } = error
  const next = message.slice(problem.length).replace(/^\. /, '')
  return new ConsoleError(code, problem, next || (nextByCode[code] ?? ''), { cause: error })
}

/** For errors of the client that leave the next step to its caller. */
const nextByCode: Partial<Record<ConsoleErrorCode, string>> = {
  NOT_FOUND: 'Look at the list of topics, or create the topic.',
  BAD_REQUEST: 'Correct the input and try again.',
  CLUSTER_REFUSED: "Look into the broker's log for the reason.",
}
