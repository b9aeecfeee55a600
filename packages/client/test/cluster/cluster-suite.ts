import { afterAll, beforeAll, expect, vi } from 'vitest'
import {
  AdminClient,
  Producer,
  PushConsumer,
  type Message,
  type MessageHandler,
  type PushConsumerOptions,
  type ReceivedMessage,
  type SendResult,
} from '../../src/index.js'
import { liveCluster, type LiveCluster } from './live-cluster.js'

/*
 * What any cluster must do with this client: MQ's own (in process, when nothing is set), or the one that the environment
 * variable MQ_TEST_NAMESRV names. Names are new in each run, so that a cluster can be used again. Each `describe` at the top is
 * one of RocketMQ's semantics: docs/compatibility.md has a row for it.
 *
 * Brokers of others need enablePropertyFilter=true, and transactionCheckInterval=5000: with its default of a minute the
 * transactions take two.
 */

export type ConsumerTestOptions = Partial<PushConsumerOptions> & { expression?: string; handler?: MessageHandler }

/** A cluster with a producer and an admin client, for the tests of one file. */
export class ClusterSuite {
  cluster!: LiveCluster
  admin!: AdminClient
  producer!: Producer
  clusterName!: string
  readonly #run = `${process.pid}_${Date.now()}`
  #count = 0
  readonly #toClose: { close(): Promise<void> }[] = []

  constructor() {
    vi.setConfig({ testTimeout: 180_000 })
    beforeAll(() => this.#start(), 60_000)
    afterAll(() => this.#stop(), 60_000)
  }

  get namesrv(): string {
    return this.cluster.namesrv
  }

  async #start(): Promise<void> {
    this.cluster = await liveCluster()
    this.admin = new AdminClient({ namesrv: this.namesrv })
    this.producer = await new Producer({ namesrv: this.namesrv, group: this.unique('PG') }).start()
    this.clusterName = [...(await this.admin.clusterInfo()).clusterAddrTable.keys()][0]!
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#toClose.map((one) => one.close()))
    await this.producer?.close()
    await this.admin?.close()
    await this.cluster?.stop()
  }

  unique(kind: string): string {
    return `${kind}_${this.#run}_${++this.#count}`
  }

  /** Closed at the end. */
  closing<T extends { close(): Promise<void> }>(one: T): T {
    this.#toClose.push(one)
    return one
  }

  /** `prefix`: before the name at the brokers, as a namespace is. */
  async newTopic(queues = 4, prefix = ''): Promise<string> {
    const topic = this.unique('T')
    const known = prefix + topic
    const numbers = { readQueueNums: queues, writeQueueNums: queues }
    await this.admin.createTopic({ cluster: this.clusterName, topic: known, ...numbers })
    await eventually(async () => (await this.admin.topicRoute(known)).queueDatas.length > 0)
    return topic
  }

  async consumer(topic: string, options: ConsumerTestOptions = {}) {
    const received: ReceivedMessage[] = []
    const { expression = '*', handler, ...more } = options
    const one = new PushConsumer({
      namesrv: this.namesrv,
      group: this.unique('CG'),
      consumeFrom: 'first',
      ...more,
      handler: (message, context) => {
        received.push(message)
        return handler?.(message, context)
      },
    })
    this.closing(one)
    await one.subscribe(topic, expression)
    await one.start()
    return { one, received }
  }

  sendAll(messages: Message[]): Promise<SendResult[]> {
    return Promise.all(messages.map((one) => this.producer.send(one)))
  }

  /** Messages that can be read: brokers of others make them readable a moment after they have acknowledged them. */
  async countOf(topic: string): Promise<number> {
    const stats = await this.admin.topicStats(topic)
    return stats.reduce((sum, one) => sum + one.maxOffset - one.minOffset, 0)
  }

  /** All messages of a topic with few. */
  async messagesOf(topic: string): Promise<ReceivedMessage[]> {
    const stats = await this.admin.topicStats(topic)
    const pulls = await Promise.all(stats.map(({ queue }) => this.admin.pullMessages(queue, 0, 32)))
    return pulls.flatMap((one) => one.messages)
  }

  async firstMaster(): Promise<string> {
    return (await this.admin.masters(this.clusterName))[0]!
  }
}

export async function eventually(check: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const end = Date.now() + limitMs
  for (;;) {
    if (await Promise.resolve(check()).catch(() => false)) return
    if (Date.now() > end) expect.fail(`still not so after ${limitMs} ms: ${check}`)
    await pause(20)
  }
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

export const numbered = (topic: string, to: number, more: Partial<Message> = {}): Message[] =>
  Array.from({ length: to }, (_, i) => ({ topic, body: `${i}`, ...more }))

export const texts = (messages: readonly ReceivedMessage[]): string[] => messages.map((one) => one.text()).sort()
