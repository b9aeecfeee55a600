import type { MessageQueue } from '@mq/protocol'
import { queueKey } from '../client-instance/topic-route.js'
import { ClientError } from '../errors.js'
import type { HandOver } from './hand-over.js'
import type { OffsetCommits } from './offset-commits.js'
import { QueuePuller, type PullContext } from './queue-puller.js'
import type { Subscription } from './subscription.js'

export interface QueueChange {
  added: MessageQueue[]
  removed: MessageQueue[]
  /** Why not all could be added: their start offset is not known. */
  failure: unknown
}

/** The queues that a consumer reads now, each with its puller. */
export class AssignedQueues {
  readonly #pullers = new Map<string, QueuePuller>()
  #closed = false

  constructor(
    private readonly offsets: OffsetCommits,
    /** Where to start in a queue without a committed offset. */
    private readonly startOffset: (queue: MessageQueue) => Promise<number>,
    private readonly context: PullContext,
    private readonly onRemoved: (puller: QueuePuller) => void,
    /** Of a consumer that keeps order: queues are locked before they are added. */
    private readonly handOver: HandOver | undefined,
  ) {}

  all(): QueuePuller[] {
    return [...this.#pullers.values()]
  }

  of(topic: string): QueuePuller[] {
    return this.all().filter(({ queue }) => queue.topic === topic)
  }

  has(queue: MessageQueue): boolean {
    return this.#pullers.has(queueKey(queue))
  }

  /** Throws `NOT_FOUND`. */
  get(queue: MessageQueue): QueuePuller {
    const puller = this.#pullers.get(queueKey(queue))
    if (puller) return puller
    const { topic, brokerName, queueId } = queue
    const problem = `queue ${queueId} of ${topic} on ${brokerName} is not one of this consumer's`
    throw new ClientError('NOT_FOUND', problem, { topic })
  }

  /**
   * Of `present`, keeps those in `wanted`, and adds what is missing. `subscriptionOf` is asked at the last moment, as it may
   * change meanwhile; what it knows nothing of is not added.
   */
  async change(
    present: readonly QueuePuller[],
    wanted: readonly MessageQueue[],
    subscriptionOf: (queue: MessageQueue) => Subscription | undefined,
    sendsSubscription: boolean,
  ): Promise<QueueChange> {
    const keys = new Set(wanted.map(queueKey))
    const gone = present.filter(({ queue }) => !keys.has(queueKey(queue)))
    await this.drop(gone)
    const missing = wanted.filter((queue) => !this.has(queue) && !this.handOver?.isLeaving(queue))
    const { granted, failure } = (await this.handOver?.acquire(missing)) ?? { granted: missing, failure: undefined }
    const results = await Promise.allSettled(
      granted.map((queue) => this.#add(queue, subscriptionOf, sendsSubscription)),
    )
    const failed = results.find((one): one is PromiseRejectedResult => one.status === 'rejected')
    const removed = gone.map(({ queue }) => queue)
    return { added: granted.filter((queue) => this.has(queue)), removed, failure: failed?.reason ?? failure }
  }

  /** Reads no more from these; where they stand is committed, by a consumer that keeps order when its handlers have ended. */
  async drop(pullers: readonly QueuePuller[]): Promise<void> {
    for (const puller of pullers) this.#remove(puller)
    if (this.handOver === undefined) await this.offsets.commit(pullers, false)
  }

  /** The lock of a queue is gone: nothing more of it may be consumed or committed. */
  lose(queue: MessageQueue): void {
    const puller = this.#pullers.get(queueKey(queue))
    if (puller) this.#remove(puller)
  }

  /** Pulls nothing more; what was pulled can still be finished and committed. */
  stop(): void {
    this.#closed = true
    for (const puller of this.#pullers.values()) puller.stop()
  }

  clear(): void {
    this.#pullers.clear()
  }

  #remove(puller: QueuePuller): void {
    puller.stop()
    this.#pullers.delete(queueKey(puller.queue))
    this.onRemoved(puller)
    this.handOver?.leave(puller)
  }

  async #add(
    queue: MessageQueue,
    subscriptionOf: (queue: MessageQueue) => Subscription | undefined,
    sendsSubscription: boolean,
  ): Promise<void> {
    const offset = await this.#firstOffset(queue)
    if (this.#closed || this.has(queue)) return
    const subscription = subscriptionOf(queue)
    if (subscription === undefined) return this.handOver?.refuse(queue)
    const puller = new QueuePuller(queue, subscription, sendsSubscription, this.context, offset)
    this.#pullers.set(queueKey(queue), puller)
    puller.start()
  }

  async #firstOffset(queue: MessageQueue): Promise<number> {
    try {
      return (await this.offsets.load(queue)) ?? (await this.startOffset(queue))
    } catch (error) {
      await this.handOver?.refuse(queue)
      throw error
    }
  }
}
