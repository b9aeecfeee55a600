import type { SubscriptionData } from '@mq/protocol'
import { checkTopic } from '../producer/message.js'
import { parseSubscription, subscriptionData, type Subscription, type SubscriptionExpression } from './subscription.js'

/** What a consumer subscribes to, by the names brokers know the topics by. */
export class Subscriptions {
  readonly #byTopic = new Map<string, Subscription>()

  get size(): number {
    return this.#byTopic.size
  }

  topics(): string[] {
    return [...this.#byTopic.keys()]
  }

  all(): Subscription[] {
    return [...this.#byTopic.values()]
  }

  has(topic: string): boolean {
    return this.#byTopic.has(topic)
  }

  get(topic: string): Subscription | undefined {
    return this.#byTopic.get(topic)
  }

  /** Throws `MESSAGE_INVALID` for a bad name, `OPTION_INVALID` for a bad expression. */
  set(topic: string, expression: SubscriptionExpression): void {
    checkTopic(topic)
    this.#byTopic.set(topic, parseSubscription(topic, expression))
  }

  delete(topic: string): boolean {
    return this.#byTopic.delete(topic)
  }

  /** As heartbeats carry them. */
  data(version: number): SubscriptionData[] {
    return this.all().map((one) => subscriptionData(one, version))
  }
}
