import type { TraceOption } from '../trace/trace-option.js'
import { Concurrency, type ConcurrencyOption } from './concurrency.js'
import { positive, type ConsumerOptions } from './consumer-options.js'
import type { AnyHandler } from './message-handler.js'
import type { HandlerMiddleware } from './middleware.js'

export interface PushConsumerOptions extends ConsumerOptions {
  /** Consumes messages of the topics that have no handler of their own. */
  handler?: AnyHandler
  /**
   * Handlers running at the same time: a number, or `{ min, max }`, between which it grows by a quarter each second while
   * messages wait for handlers that wait, and shrinks when there is less to do or the event loop is busy. `min` is 5 unless
   * said. Default 20.
   */
  concurrency?: ConcurrencyOption
  /**
   * Milliseconds a handler may take. Then its signal aborts, its message is given back, to come again after 10 s, and another
   * one gets its place; event `overdue` tells. With `ordered` the message stays, and its queue waits for the handler. Default
   * 900,000 (15 minutes).
   */
  consumeTimeout?: number
  /** Stands around every handler, the first outermost: for logging, metrics, contexts. Costs nothing when there is none. */
  middleware?: readonly HandlerMiddleware[]
  /** Message trace in Apache's format, to its system topic or another one: what was consumed, how, and how long that took. */
  trace?: TraceOption
  /** Times a message is tried again before it goes to the dead-letter queue. Default 16; without limit when `ordered`. */
  maxReconsumeTimes?: number
  /**
   * Messages of a queue are consumed in order, one at a time, or one batch at a time by a handler of batches; of many queues
   * at once. While a message fails, its queue waits. Only one member of the group has a queue at a time, by a lock at its broker. Default false.
   */
  ordered?: boolean
  /** Ordered: milliseconds before a message that failed, or its batch, is tried again. Default 1000. */
  suspendMs?: number
}

export interface PushSettings {
  ordered: boolean
  concurrency: Concurrency
  consumeTimeoutMs: number
  maxReconsumeTimes: number
  suspendMs: number
}

/** The options with their defaults. Throws `OPTION_INVALID`. */
export function pushSettings(options: PushConsumerOptions): PushSettings {
  const ordered = options.ordered ?? false
  return {
    ordered,
    concurrency: new Concurrency(options.concurrency ?? 20),
    consumeTimeoutMs: positive('consumeTimeout', options.consumeTimeout, 15 * 60_000),
    maxReconsumeTimes: positive('maxReconsumeTimes', options.maxReconsumeTimes, ordered ? Infinity : 16),
    suspendMs: positive('suspendMs', options.suspendMs, 1000),
  }
}
