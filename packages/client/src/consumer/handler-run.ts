import type { ReceivedMessage } from '../received-message.js'

/** What a handler may say of a message: consumed (nothing, or 'success'), or to be tried later. */
export type ConsumeOutcome = void | 'success' | 'later' | { later: number }

export type Handle = (message: ReceivedMessage) => ConsumeOutcome | Promise<ConsumeOutcome>

/** What is to be done with a message after its handler. */
export interface Verdicts<T> {
  success: T
  /** `error`: what the handler threw, if it did. */
  later(message: ReceivedMessage, delayLevel: number, error: unknown): T | Promise<T>
}

/** Runs a handler with a message. One that returns no promise costs none. */
export function runHandler<T>(handle: Handle, message: ReceivedMessage, verdicts: Verdicts<T>): T | Promise<T> {
  const settle = (outcome: ConsumeOutcome): T | Promise<T> =>
    outcome === undefined || outcome === 'success'
      ? verdicts.success
      : verdicts.later(message, outcome === 'later' ? 0 : outcome.later, undefined)
  let outcome: ConsumeOutcome | Promise<ConsumeOutcome>
  try {
    outcome = handle(message)
  } catch (error) {
    return verdicts.later(message, 0, error)
  }
  if (!(outcome instanceof Promise)) return settle(outcome)
  return outcome.then(settle, (error: unknown) => verdicts.later(message, 0, error))
}
