import type { ErrorAnswer } from '../api-types.js'
import { ConsoleError } from '../console-error.js'

/** Faults of the console itself tell the browser nothing of its insides; the log has them. */
export function consoleErrorOf(error: unknown): ConsoleError {
  if (error instanceof ConsoleError) return error
  return new ConsoleError(
    'INTERNAL',
    'the console failed at this request',
    "Look into the console's log for the cause.",
    {
      cause: error,
    },
  )
}

export function errorAnswer(error: unknown): ErrorAnswer {
  const { code, message, next } = consoleErrorOf(error)
  return { error: { code, message, next } }
}
