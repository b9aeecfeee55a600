import { isSystemTopic } from '@mq/protocol'

/** All queues, by topic and id, in memory. */
export class QueueTable<Queue> {
  readonly #topics = new Map<string, Map<number, Queue>>()
  /** How many there are. */
  count = 0

  /** `create` makes a queue that is new. */
  constructor(private readonly create: (topic: string, queueId: number) => Queue) {}

  find(topic: string, queueId: number): Queue | undefined {
    return this.#topics.get(topic)?.get(queueId)
  }

  /** The queue, made when it is missing. */
  open(topic: string, queueId: number): Queue {
    return this.find(topic, queueId) ?? this.add(topic, queueId, this.create(topic, queueId))
  }

  add(topic: string, queueId: number, queue: Queue): Queue {
    let queues = this.#topics.get(topic)
    if (!queues) this.#topics.set(topic, (queues = new Map()))
    if (!queues.has(queueId)) this.count++
    queues.set(queueId, queue)
    return queue
  }

  *all(): Generator<Queue> {
    for (const queues of this.#topics.values()) yield* queues.values()
  }

  topics(): IterableIterator<string> {
    return this.#topics.keys()
  }

  /** Queue ids in order, by topic: of those queues for which `isListed` says so. Default: of all. */
  ids(isListed: (queue: Queue) => boolean = () => true): Map<string, number[]> {
    const ids = new Map<string, number[]>()
    for (const [topic, queues] of this.#topics) {
      const listed = [...queues].filter(([, queue]) => isListed(queue)).map(([queueId]) => queueId)
      if (listed.length > 0) ids.set(topic, listed.sort(ascending))
    }
    return ids
  }

  /** Topics that are not in `wanted`. System topics always are. */
  unusedTopics(wanted: ReadonlySet<string>): string[] {
    return [...this.#topics.keys()].filter((topic) => !wanted.has(topic) && !isSystemTopic(topic))
  }

  /** Returns the queues it had. */
  dropTopic(topic: string): Queue[] {
    const queues = [...(this.#topics.get(topic)?.values() ?? [])]
    this.count -= queues.length
    this.#topics.delete(topic)
    return queues
  }
}

const ascending = (a: number, b: number): number => a - b
