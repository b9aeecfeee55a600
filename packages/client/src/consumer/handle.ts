import type { ReceivedMessage } from '../received-message.js'
import type { BatchHandler, BatchOutcome, HandlerContext, MessageHandler } from './message-handler.js'

/** A message that was not consumed. */
export interface Failure {
  readonly message: ReceivedMessage
  /** 0: longer with each try; -1: to the dead-letter queue at once. */
  readonly delayLevel: number
  /** What the handler threw, if it did. */
  readonly error: unknown
}

/** A handler as the consumer calls it: it neither throws nor rejects, but says what was not consumed. */
export type Handle = (
  messages: readonly ReceivedMessage[],
  context: HandlerContext,
) => readonly Failure[] | Promise<readonly Failure[]>

const none: readonly Failure[] = []

/** One that returns no promise costs none. */
export const singly =
  (handler: MessageHandler): Handle =>
  (messages, context) =>
    failuresOf(messages, () => handler(messages[0]!, context))

export const together =
  (handler: BatchHandler): Handle =>
  (messages, context) =>
    failuresOf(messages, () => handler(messages, context))

function failuresOf(
  messages: readonly ReceivedMessage[],
  run: () => BatchOutcome | Promise<BatchOutcome>,
): readonly Failure[] | Promise<readonly Failure[]> {
  try {
    const outcome = run()
    if (!(outcome instanceof Promise)) return told(messages, outcome)
    return outcome.then(
      (one) => told(messages, one),
      (error: unknown) => allOf(messages, 0, error),
    )
  } catch (error) {
    return allOf(messages, 0, error)
  }
}

function told(messages: readonly ReceivedMessage[], outcome: BatchOutcome): readonly Failure[] {
  if (outcome === undefined || outcome === 'success') return none
  if (outcome === 'later') return allOf(messages, 0)
  if (!('failed' in outcome)) return allOf(messages, outcome.later)
  const failed = new Set(outcome.failed)
  return allOf(
    messages.filter((one) => failed.has(one)),
    outcome.later ?? 0,
  )
}

export const allOf = (messages: readonly ReceivedMessage[], delayLevel: number, error?: unknown): readonly Failure[] =>
  messages.map((message) => ({ message, delayLevel, error }))
