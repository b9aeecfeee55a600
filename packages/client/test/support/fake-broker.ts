import {
  consumerSendMsgBackRequest,
  decodeBatch,
  decodeHeartbeatData,
  decodeRecord,
  encodeGetConsumerListByGroupResponseBody,
  offsetMessageId,
  pullMessageRequest,
  recordByteLength,
  RequestCode,
  ResponseCode,
  retryTopic,
  toSendMessage,
  withProperty,
  writeRecord,
  type Answer,
  type ConsumerData,
  type ReceivedCommand,
} from '@mq/protocol'
import type { Io } from '@mq/io'
import { RemotingServer, type Channel } from '@mq/remoting'

interface Hold {
  request: ReceivedCommand
  channel: Channel
  queue: string
  offset: number
}

/** Just enough of a broker to see what a client does: queues in memory, held pulls, groups, offsets. Every request is noted. */
export class FakeBroker {
  readonly server: RemotingServer
  readonly requests: ReceivedCommand[] = []
  readonly queues = new Map<string, Uint8Array[]>()
  readonly offsets = new Map<string, number>()
  readonly members = new Map<string, Map<string, ConsumerData>>()
  readonly topics: Map<string, number>
  /** Set to answer requests differently; undefined lets them through. */
  intercept: (request: ReceivedCommand) => Answer | 'silence' | undefined = () => undefined
  /** Milliseconds between a send and its acknowledgement. */
  ackDelayMs = 0
  #holds: Hold[] = []
  #logEnd = 0
  readonly #channels = new Map<string, Channel>()

  constructor(
    readonly io: Io,
    readonly name: string,
    readonly host: string,
    topics: Record<string, number> = {},
  ) {
    this.topics = new Map(Object.entries({ TBW102: 8, ...topics }))
    this.server = new RemotingServer({ io })
    const on = (code: number, handler: (request: ReceivedCommand, channel: Channel) => Answer | undefined) =>
      this.server.handle(code, (request, channel) => {
        this.requests.push(request)
        const answer = this.intercept(request)
        return answer === 'silence' ? undefined : (answer ?? handler(request, channel))
      })
    for (const code of [RequestCode.SEND_MESSAGE_V2, RequestCode.SEND_BATCH_MESSAGE])
      on(code, (request, channel) => this.#send(request, channel))
    // What this broker cannot do is noted as well.
    this.server.handleDefault((request) => {
      this.requests.push(request)
      const answer = this.intercept(request)
      return answer === 'silence' || answer === undefined ? { code: ResponseCode.REQUEST_CODE_NOT_SUPPORTED } : answer
    })
    on(RequestCode.PULL_MESSAGE, (request, channel) => this.#pull(request, channel))
    on(RequestCode.HEART_BEAT, (request, channel) => this.#heartbeat(request, channel))
    on(RequestCode.UNREGISTER_CLIENT, ({ extFields }) => {
      this.members.get(extFields?.consumerGroup ?? '')?.delete(extFields!.clientID!)
      this.notify(extFields?.consumerGroup ?? '')
      return ok
    })
    on(RequestCode.GET_CONSUMER_LIST_BY_GROUP, ({ extFields }) => {
      const consumerIdList = [...(this.members.get(extFields!.consumerGroup!)?.keys() ?? [])]
      return { code: 0, body: encodeGetConsumerListByGroupResponseBody({ consumerIdList }) }
    })
    on(RequestCode.QUERY_CONSUMER_OFFSET, ({ extFields }) => {
      const offset = this.offsets.get(offsetKey(extFields!))
      return offset === undefined
        ? { code: ResponseCode.QUERY_NOT_FOUND }
        : { code: 0, extFields: { offset: `${offset}` } }
    })
    on(RequestCode.UPDATE_CONSUMER_OFFSET, ({ extFields }) => {
      this.offsets.set(offsetKey(extFields!), Number(extFields!.commitOffset))
      return ok
    })
    on(RequestCode.GET_MAX_OFFSET, ({ extFields }) => ({
      code: 0,
      extFields: { offset: `${this.queues.get(`${extFields!.topic}/${extFields!.queueId}`)?.length ?? 0}` },
    }))
    on(RequestCode.GET_MIN_OFFSET, () => ({ code: 0, extFields: { offset: '0' } }))
    on(RequestCode.CONSUMER_SEND_MSG_BACK, (request) => this.#sendBack(request))
  }

  get address(): string {
    return `${this.host}:10911`
  }

  async start(): Promise<this> {
    await this.server.listen({ host: '0.0.0.0', port: 10911 })
    return this
  }

  requestsOf(code: number): ReceivedCommand[] {
    return this.requests.filter((one) => one.code === code)
  }

  channelOf(clientId: string): Channel {
    return this.#channels.get(clientId)!
  }

  /** Tells the members of a group that it has changed. */
  notify(consumerGroup: string): void {
    for (const id of this.members.get(consumerGroup)?.keys() ?? [])
      this.#channels.get(id)?.send({ ...notifyCommand, extFields: { consumerGroup } })
  }

  /** Puts a message into a queue, as a send does. */
  store(
    topic: string,
    queueId: number,
    body: Uint8Array,
    properties: string,
    more: { reconsumeTimes?: number; sysFlag?: number } = {},
  ): number {
    const queue = `${topic}/${queueId}`
    const records = this.queues.get(queue) ?? []
    this.queues.set(queue, records)
    const now = this.io.clock.now()
    const host = { host: this.host, port: 10911 }
    const parts = {
      bornHost: host,
      storeHost: host,
      topicBytes: topic.length,
      bodyBytes: body.length,
      propertiesBytes: Buffer.byteLength(properties),
    }
    const record = Buffer.alloc(recordByteLength(parts))
    writeRecord(record, 0, {
      queueId,
      flag: 0,
      queueOffset: records.length,
      commitLogOffset: this.#logEnd,
      sysFlag: more.sysFlag ?? 0,
      bornTimestamp: now,
      bornHost: host,
      storeTimestamp: now,
      storeHost: host,
      reconsumeTimes: more.reconsumeTimes ?? 0,
      preparedTransactionOffset: 0,
      body,
      topic,
      properties,
    })
    this.#logEnd += record.length
    records.push(record)
    this.#wake(queue)
    return records.length - 1
  }

  #send(request: ReceivedCommand, channel: Channel): undefined {
    const header = toSendMessage(request)
    const { topic } = header
    if (!this.topics.has(topic)) this.topics.set(topic, header.defaultTopicQueueNums)
    const body = request.body ?? new Uint8Array(0)
    const members = header.batch
      ? decodeBatch(body).map((one) => ({ body: one.body, properties: Buffer.from(one.properties).toString() }))
      : [{ body, properties: header.properties ?? '' }]
    const ids: string[] = []
    let first = -1
    for (const one of members) {
      ids.push(offsetMessageId({ host: this.host, port: 10911 }, this.#logEnd))
      const offset = this.store(topic, header.queueId, Buffer.from(one.body), one.properties, {
        sysFlag: header.sysFlag,
      })
      if (first < 0) first = offset
    }
    const answer = () =>
      channel.answer(request, {
        code: 0,
        extFields: { msgId: ids.join(','), queueId: `${header.queueId}`, queueOffset: `${first}` },
      })
    if (this.ackDelayMs === 0) answer()
    else this.io.clock.after(this.ackDelayMs, answer)
  }

  #pull(request: ReceivedCommand, channel: Channel): Answer | undefined {
    const { topic, queueId, queueOffset, maxMsgNums, sysFlag, commitOffset, consumerGroup } = pullMessageRequest.decode(
      request.extFields,
    )
    if (sysFlag & 1) this.offsets.set(`${topic}@${consumerGroup}/${queueId}`, commitOffset)
    const queue = `${topic}/${queueId}`
    const records = this.queues.get(queue) ?? []
    if (queueOffset > records.length)
      return this.#pulled(ResponseCode.PULL_OFFSET_MOVED, records.length, records.length)
    if (queueOffset === records.length) {
      if ((sysFlag & 2) === 0) return this.#pulled(ResponseCode.PULL_NOT_FOUND, queueOffset, records.length)
      const hold = { request, channel, queue, offset: queueOffset }
      this.#holds.push(hold)
      this.io.clock.after(15_000, () => {
        const at = this.#holds.indexOf(hold)
        if (at < 0) return
        this.#holds.splice(at, 1)
        channel.answer(request, this.#pulled(ResponseCode.PULL_NOT_FOUND, queueOffset, queueOffset))
      })
      return undefined
    }
    const found = records.slice(queueOffset, queueOffset + Math.min(maxMsgNums, 32))
    return { ...this.#pulled(0, queueOffset + found.length, records.length), body: found }
  }

  #pulled(code: number, next: number, max: number): Answer {
    return {
      code,
      extFields: { suggestWhichBrokerId: '0', nextBeginOffset: `${next}`, minOffset: '0', maxOffset: `${max}` },
    }
  }

  #wake(queue: string): void {
    const woken = this.#holds.filter((one) => one.queue === queue)
    this.#holds = this.#holds.filter((one) => one.queue !== queue)
    for (const { request, channel } of woken) {
      const answer = this.#pull(request, channel)
      if (answer) channel.answer(request, answer)
    }
  }

  #heartbeat(request: ReceivedCommand, channel: Channel): Answer {
    const { clientID, consumerDataSet } = decodeHeartbeatData(request.body)
    this.#channels.set(clientID, channel)
    for (const data of consumerDataSet) {
      const group = this.members.get(data.groupName) ?? new Map<string, ConsumerData>()
      this.members.set(data.groupName, group)
      this.topics.set(retryTopic(data.groupName), 1)
      const isNew = !group.has(clientID)
      group.set(clientID, data)
      if (isNew) this.notify(data.groupName)
    }
    return ok
  }

  /** Delivers again at once: delays are the broker's business. */
  #sendBack(request: ReceivedCommand): Answer {
    const { group, offset } = consumerSendMsgBackRequest.decode(request.extFields)
    const record = [...this.queues.values()]
      .flat()
      .map((one) => decodeRecord(one))
      .find((one) => one.commitLogOffset === offset)
    if (!record) return { code: 1, remark: 'no such message' }
    const properties = withProperty(record.properties, 'RETRY_TOPIC', record.topic)
    this.store(retryTopic(group), 0, record.body, properties, {
      reconsumeTimes: record.reconsumeTimes + 1,
      sysFlag: record.sysFlag,
    })
    return ok
  }
}

const ok: Answer = { code: ResponseCode.SUCCESS }
const notifyCommand = {
  code: RequestCode.NOTIFY_CONSUMER_IDS_CHANGED,
  language: 'JAVA' as const,
  version: 355,
  opaque: 0,
  flag: 0,
  remark: undefined,
  body: undefined,
  serializeType: 0 as const,
}
const offsetKey = (fields: Record<string, string>) => `${fields.topic}@${fields.consumerGroup}/${fields.queueId}`
