import type { ReceivedMessage } from '../received-message.js'
import type { BatchHandler, ConsumeOutcome, HandlerContext, MessageHandler } from './message-handler.js'

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

interface Reached {
  readonly message: ReceivedMessage
  settle(outcome: Promise<ConsumeOutcome>): void
}

/**
 * Middleware around each message of a batch. The handler runs once, with the messages that have come through, when of every
 * message it is known whether it does; then each middleware sees what became of its own message.
 */
export const batchWithMiddleware =
  (handler: BatchHandler, middleware: readonly HandlerMiddleware[]): BatchHandler =>
  async (messages, context) => {
    const reached: Reached[] = []
    let undecided = messages.length
    const decided = () => {
      if (--undecided === 0 && reached.length > 0) runBatch(handler, reached, context)
    }
    const failed: ReceivedMessage[] = []
    let later = 0
    const pass = async (message: ReceivedMessage): Promise<void> => {
      const outcome = await passOne(message, context, middleware, reached, decided)
      if (outcome === undefined || outcome === 'success') return
      failed.push(message)
      if (outcome !== 'later') later = outcome.later
    }
    const results = await Promise.allSettled(messages.map((one) => pass(one)))
    const thrown = results.flatMap((one, i) => (one.status === 'rejected' ? [{ i, error: one.reason as unknown }] : []))
    if (thrown.length === messages.length) throw thrown[0]!.error
    return { failed: [...failed, ...thrown.map(({ i }) => messages[i]!)], later }
  }

/** Through all middleware, to the point where the handler would be called. `decided`: whether it comes there is known. */
function passOne(
  message: ReceivedMessage,
  context: HandlerContext,
  middleware: readonly HandlerMiddleware[],
  reached: Reached[],
  decided: () => void,
): Promise<ConsumeOutcome> {
  let outcome: Promise<ConsumeOutcome> | undefined
  const innermost: MessageHandler = () => {
    outcome ??= new Promise<ConsumeOutcome>((settle) => {
      reached.push({ message, settle })
      decided()
    })
    return outcome
  }
  const run = async () => withMiddleware(innermost, middleware)(message, context)
  return run().finally(() => {
    if (outcome === undefined) decided()
  })
}

/** Calls the handler, and tells each message what became of it. */
function runBatch(handler: BatchHandler, reached: readonly Reached[], context: HandlerContext): void {
  const run = async () =>
    handler(
      reached.map(({ message }) => message),
      context,
    )
  const all = run()
  for (const { message, settle } of reached) {
    settle(
      all.then((outcome): ConsumeOutcome => {
        if (typeof outcome !== 'object' || !('failed' in outcome)) return outcome
        if (!outcome.failed.includes(message)) return 'success'
        return outcome.later === undefined ? 'later' : { later: outcome.later }
      }),
    )
  }
}
