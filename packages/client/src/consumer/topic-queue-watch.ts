import { isRetryTopic, type MessageQueue } from '@mq/protocol'
import type { Logger } from '@mq/io'
import { compareQueues, queueKey, type TopicRoute } from '../client-instance/topic-route.js'
import type { Events } from '../events.js'
import type { ConsumerEvents } from './consumer-events.js'
import type { TopicNames } from './topic-names.js'

/** Tells when a topic has other queues than when it was looked at last (Java's `TopicMessageQueueChangeListener`). */
export class TopicQueueWatch {
  /** Topics of which queues are assigned, instead of subscribed to. */
  assigned: ReadonlySet<string> = new Set()
  readonly #byTopic = new Map<string, readonly MessageQueue[]>()

  constructor(
    private readonly names: TopicNames,
    private readonly events: Events<ConsumerEvents>,
    private readonly logger: Logger,
  ) {}

  look({ topic, readQueues }: TopicRoute): void {
    if (isRetryTopic(topic)) return
    const before = this.#byTopic.get(topic)
    this.#byTopic.set(topic, readQueues)
    if (before === undefined) return
    const added = missingFrom(before, readQueues)
    const removed = missingFrom(readQueues, before)
    if (added.length + removed.length > 0) this.#tell(topic, readQueues, added, removed)
  }

  #tell(
    topic: string,
    all: readonly MessageQueue[],
    added: readonly MessageQueue[],
    removed: readonly MessageQueue[],
  ): void {
    const name = this.names.named(topic)
    if (this.assigned.has(topic)) {
      const problem = `${name} has ${added.length} new queues, ${removed.length} are gone, and what is assigned is as before`
      this.logger.warn({ topic, added: added.length, removed: removed.length }, `${problem}. Call assign() again.`)
    }
    const named = (queues: readonly MessageQueue[]) => queues.map((queue) => this.names.namedQueue(queue))
    const queues = named(all).sort(compareQueues)
    this.events.emit('topicQueuesChanged', { topic: name, queues, added: named(added), removed: named(removed) })
  }
}

function missingFrom(some: readonly MessageQueue[], all: readonly MessageQueue[]): MessageQueue[] {
  const keys = new Set(some.map(queueKey))
  return all.filter((queue) => !keys.has(queueKey(queue)))
}
