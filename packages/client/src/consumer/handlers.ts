import { isConsumingWatched, observeConsuming } from '../diagnostics/observe-consuming.js'
import type { ReceivedMessage } from '../received-message.js'
import { singly, together, type Handle } from './handle.js'
import type { AnyHandler, BatchedHandler, MessageHandler } from './message-handler.js'
import { batchWithMiddleware, withMiddleware, type HandlerMiddleware } from './middleware.js'

/** A handler with its middleware. */
export interface HandlerEntry {
  /** Messages it takes at once. */
  readonly batchSize: number
  readonly handle: Handle
}

/** Which handler consumes a message: its topic's own, or the consumer's. Topics have the names users say. */
export class Handlers {
  readonly #byTopic = new Map<string, HandlerEntry>()
  readonly #own: HandlerEntry | undefined
  readonly #unknown: HandlerEntry

  constructor(
    private readonly group: string,
    private readonly middleware: readonly HandlerMiddleware[],
    own: AnyHandler | undefined,
  ) {
    this.#own = own && this.#entry(own)
    this.#unknown = this.#entry(giveBackUnknown)
  }

  set(topic: string, handler: AnyHandler): void {
    this.#byTopic.set(topic, this.#entry(handler))
  }

  delete(topic: string): void {
    this.#byTopic.delete(topic)
  }

  cover(topic: string): boolean {
    return this.#own !== undefined || this.#byTopic.has(topic)
  }

  of(message: ReceivedMessage): HandlerEntry {
    // Cheap first: few consumers have handlers by topic and retried messages at once.
    const entry = this.#byTopic.size === 0 ? undefined : this.#byTopic.get(message.topic)
    return entry ?? this.#own ?? this.#unknown
  }

  #entry(handler: AnyHandler): HandlerEntry {
    if (typeof handler !== 'function') return this.#batchEntry(handler)
    const watched = withMiddleware(handler, [observeConsuming(this.group), ...this.middleware])
    return { batchSize: 1, handle: singly(watched) }
  }

  #batchEntry({ batchSize, handle }: BatchedHandler): HandlerEntry {
    const plain = together(handle)
    const watched = together(batchWithMiddleware(handle, [observeConsuming(this.group), ...this.middleware]))
    const isPlain = () => this.middleware.length === 0 && !isConsumingWatched()
    return { batchSize, handle: (messages, context) => (isPlain() ? plain : watched)(messages, context) }
  }
}

/** A retried message of a topic that is no longer subscribed to: other members of the group may know it. */
const giveBackUnknown: MessageHandler = () => 'later'
