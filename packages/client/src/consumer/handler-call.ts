import type { ReceivedMessage } from '../received-message.js'
import type { HandlerContext } from './message-handler.js'

/** A handler at work with messages. Its signal is made when it is asked for: most handlers never do. */
export class HandlerCall implements HandlerContext {
  #controller: AbortController | undefined
  #reason: unknown
  /** The handler took too long. */
  isOverdue = false
  /** Set while it runs: settles the messages before the handler ends. */
  giveUp: (() => void) | undefined

  constructor(
    readonly messages: readonly ReceivedMessage[],
    /** By the clock that no one sets. */
    readonly startedMs: number,
  ) {}

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }
}
