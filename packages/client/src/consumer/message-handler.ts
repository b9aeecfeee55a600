import { ClientError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'

/** What a handler may say of a message: consumed (nothing, or 'success'), or to be tried later. */
export type ConsumeOutcome = void | 'success' | 'later' | { later: number }

/** What a handler of batches may say: all consumed, all to be tried later, or these to be tried later and the others consumed. */
export type BatchOutcome = ConsumeOutcome | { failed: readonly ReceivedMessage[]; later?: number }

export interface HandlerContext {
  /**
   * Aborts when the handler has taken longer than `consumeTimeout`, and when the consumer is closed and the time it gave its
   * handlers is over.
   */
  readonly signal: AbortSignal
}

/**
 * Consumes a message. What it throws, or 'later', gives the message back: the broker delivers it again after 10 s, then
 * 30 s, 1 min … up to 2 h (`{ later: level }`: after that delay level; `{ later: -1 }`: to the dead-letter queue). With
 * option `ordered` it is tried again in its place instead, before any message behind it.
 */
export type MessageHandler = (
  message: ReceivedMessage,
  context: HandlerContext,
) => ConsumeOutcome | Promise<ConsumeOutcome>

/**
 * Consumes several messages of a queue at once. What it throws, or 'later', gives all of them back. With option `ordered` the
 * whole batch is tried again in its place, also when only some are named as `failed`.
 */
export type BatchHandler = (
  messages: readonly ReceivedMessage[],
  context: HandlerContext,
) => BatchOutcome | Promise<BatchOutcome>

/** Made by `batched`. */
export interface BatchedHandler {
  readonly batchSize: number
  readonly handle: BatchHandler
}

export type AnyHandler = MessageHandler | BatchedHandler

/**
 * A handler that gets up to `batchSize` messages of a queue at once, as many as are there: it does not wait for more
 * (`consumeMessageBatchMaxSize`, 4.7.1). Of those it returns as `failed` each comes again, the others are consumed. Throws
 * `OPTION_INVALID`.
 *
 *     await consumer.subscribe('Orders', '*', batched(32, async (messages) => ({ failed: await insertAll(messages) })))
 */
export function batched(batchSize: number, handle: BatchHandler): BatchedHandler {
  if (Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= 1024) return { batchSize, handle }
  throw new ClientError('OPTION_INVALID', `a batch has 1 to 1024 messages, not ${String(batchSize)}`)
}
