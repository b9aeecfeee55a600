import { withNamespace, withoutNamespace, type MessageQueue } from '@mq/protocol'

/** Names of topics as users say them, and with the namespace, as brokers know them. */
export class TopicNames {
  constructor(private readonly namespace: string | undefined) {}

  /** As brokers know it. */
  known(name: string): string {
    return withNamespace(this.namespace, name)
  }

  /** As the user says it. */
  named(topic: string): string {
    return withoutNamespace(this.namespace, topic)
  }

  /** A queue by the name brokers know its topic by. */
  knownQueue(queue: MessageQueue): MessageQueue {
    return this.namespace ? { ...queue, topic: this.known(queue.topic) } : queue
  }

  /** A queue by the user's name of its topic. */
  namedQueue(queue: MessageQueue): MessageQueue {
    return this.namespace ? { ...queue, topic: this.named(queue.topic) } : queue
  }
}
