/** What can go wrong, with the HTTP status each goes out with. */
export const consoleErrorTable = {
  BAD_REQUEST: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  /** A fault of the console itself. */
  INTERNAL: 500,
  /** A server of the cluster refused, or answered what nobody can read. */
  CLUSTER_REFUSED: 502,
  /** No name server or broker could be reached. */
  CLUSTER_UNREACHABLE: 503,
  /** The console serves as much as it can. */
  TOO_MANY_VIEWERS: 503,
  CLUSTER_TIMEOUT: 504,
} as const satisfies Record<string, number>

export type ConsoleErrorCode = keyof typeof consoleErrorTable

/** Every error that reaches a browser: a sentence about what happened, and one about what to do next. */
export class ConsoleError extends Error {
  override readonly name = 'ConsoleError'

  constructor(
    readonly code: ConsoleErrorCode,
    message: string,
    readonly next: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }

  get status(): number {
    return consoleErrorTable[this.code]
  }
}

export const badRequest = (message: string, next: string): ConsoleError =>
  new ConsoleError('BAD_REQUEST', message, next)
