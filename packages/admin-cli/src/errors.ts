import { ClientError } from '@mq/client'

/** The command line is wrong; nothing was done. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was asked for could not be done, for a reason that only the command knows. Exit code 1. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** An error as one sentence with what to do next, in words that fit a command line. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ClientError && error.code === 'NAMESRV_UNREACHABLE') {
    return `${error.problem}. Start a name server there, or name another: -n host:9876 or NAMESRV_ADDR.`
  }
  return error instanceof Error ? error.message : String(error)
}
