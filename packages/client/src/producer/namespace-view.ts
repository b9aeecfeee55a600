import { MessageProperty, withNamespace, withoutNamespace, type MessageQueue } from '@mq/protocol'
import type { Envelope } from './envelope.js'
import type { Message } from './message.js'
import type { SendOptions } from './producer-options.js'
import type { SendResult } from './send-result.js'

/** Translates between the names an application uses and those its brokers know (`NamespaceUtil`, 4.7.1). */
export class NamespaceView {
  readonly #envelope: Envelope

  constructor(private readonly namespace: string) {
    this.#envelope = { properties: { [MessageProperty.INSTANCE_ID]: namespace }, alone: false }
  }

  name(name: string): string {
    return withNamespace(this.namespace, name)
  }

  message(message: Message): Message {
    return { ...message, topic: this.name(message.topic) }
  }

  options(options: SendOptions | undefined): SendOptions | undefined {
    if (options?.queue === undefined && options?.selector === undefined) return options
    const { queue, selector } = options
    return {
      ...options,
      queue: queue && this.#inside(queue),
      selector:
        selector &&
        ((queues, message) => {
          const chosen = selector(this.queues(queues), { ...message, topic: this.#outside(message.topic) })
          return chosen && this.#inside(chosen)
        }),
    }
  }

  envelope(envelope: Envelope | undefined): Envelope {
    if (envelope === undefined) return this.#envelope
    return { ...envelope, properties: { ...envelope.properties, ...this.#envelope.properties } }
  }

  result(result: SendResult): SendResult {
    return { ...result, queue: this.queues([result.queue])[0]! }
  }

  queues(queues: readonly MessageQueue[]): MessageQueue[] {
    return queues.map((queue) => ({ ...queue, topic: this.#outside(queue.topic) }))
  }

  #inside(queue: MessageQueue): MessageQueue {
    return { ...queue, topic: this.name(queue.topic) }
  }

  #outside(topic: string): string {
    return withoutNamespace(this.namespace, topic)
  }
}
