import { isRetryTopic } from '@mq/protocol'
import type { Logger } from '@mq/io'
import type { Share } from './rebalance.js'

/** Tells once when this member gets no queue of a topic, and again after it had one meanwhile. Retry topics have one queue for all. */
export class EmptyAllocations {
  readonly #told = new Set<string>()

  constructor(
    private readonly group: string,
    private readonly logger: Logger,
    private readonly onEmpty: (topic: string, share: Share) => void,
  ) {}

  look(topic: string, share: Share): void {
    if (share.queues.length > 0) return void this.#told.delete(topic)
    if (isRetryTopic(topic) || this.#told.has(topic)) return
    this.#told.add(topic)
    const { memberCount, queueCount } = share
    const problem = `this member of group ${this.group} gets no queue of ${topic}: ${memberCount} members share ${queueCount}`
    const next = 'Give the topic more queues (mqadmin updateTopic -r -w), or run no more members than it has queues.'
    this.logger.warn({ group: this.group, topic, memberCount, queueCount }, `${problem}. ${next}`)
    this.onEmpty(topic, share)
  }
}
