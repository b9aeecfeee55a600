import type { ReceivedMessage } from '../received-message.js'
import type { ConsumeOutcome } from './handler-run.js'
import type { HandlerContext, MessageHandler } from './push-consumer.js'

/** Stands around a handler: sees the message first and the outcome last, and may change either. */
export type HandlerMiddleware = (
  message: ReceivedMessage,
  context: HandlerContext,
  /** The next one inside; the handler, in the end. */
  next: () => ConsumeOutcome | Promise<ConsumeOutcome>,
) => ConsumeOutcome | Promise<ConsumeOutcome>

/** The first of the list is the outermost. Without any, the handler itself. */
export const withMiddleware = (handler: MessageHandler, middleware: readonly HandlerMiddleware[]): MessageHandler =>
  middleware.reduceRight<MessageHandler>(
    (inner, one) => (message, context) => one(message, context, () => inner(message, context)),
    handler,
  )
