import { responseCodeName } from '@mq/protocol'
import { RemotingError } from '@mq/remoting'

/**
 * What can go wrong in a client. `retryable`: the same call may succeed later without anything being changed.
 * `next`: what to do about it, appended to the message.
 */
export const clientErrorTable = {
  /** No name server of the list could be reached. */
  NAMESRV_UNREACHABLE: { retryable: true, next: 'Start a name server or correct the `namesrv` option.' },
  /** The name server runs, but no broker has registered with it. */
  NO_BROKER: {
    retryable: true,
    next: 'Start a broker with this name server address and wait until it has registered.',
  },
  /** Brokers are there, the topic is not. */
  TOPIC_NOT_FOUND: {
    retryable: false,
    next: 'Create the topic (mqadmin updateTopic), or switch on autoCreateTopicEnable of the broker and send to it.',
  },
  /** The topic's brokers have no master that is alive. */
  NO_MASTER: { retryable: true, next: 'Start the master of one of these brokers.' },
  /** The topic has no queue that may be written (sending) or read (consuming). */
  NO_QUEUE: {
    retryable: false,
    next: "Give the topic the permission it lacks (mqadmin updateTopicPerm, '6' is read and write).",
  },
  CONNECT_FAILED: {
    retryable: true,
    next: 'Check that the address is right, that the server runs, and that it can be reached from here.',
  },
  CONNECTION_LOST: { retryable: true, next: 'Try again; whether the request took effect is not known.' },
  TIMEOUT: { retryable: true, next: 'Try again, or allow more time; whether the request took effect is not known.' },
  /** The server answered with an error; `responseCode` tells which. */
  REFUSED: { retryable: false, next: '' },
  /** A broker does not filter by a subscription's SQL92 expression. */
  EXPRESSION_REFUSED: {
    retryable: false,
    next: 'Correct the expression, or set enablePropertyFilter=true at the broker.',
  },
  /** The server is overloaded or stopping. */
  BUSY: { retryable: true, next: 'Send more slowly or try again later.' },
  /** An answer that cannot be read. */
  BAD_ANSWER: { retryable: false, next: 'Check that the address is that of a RocketMQ 4.x or 5.x remoting port.' },
  MESSAGE_INVALID: { retryable: false, next: '' },
  OPTION_INVALID: { retryable: false, next: '' },
  NOT_FOUND: { retryable: false, next: '' },
  ABORTED: { retryable: false, next: '' },
  NOT_STARTED: { retryable: false, next: 'Call and await start() first.' },
  CLOSED: { retryable: false, next: 'Make a new one.' },
  /** Nobody has replied to a request in time. */
  NO_REPLY: {
    retryable: true,
    next: 'Check that a consumer of the topic runs and replies; whether the request was carried out is not known.',
  },
  /** A half message was stored, but its broker would not vouch for it: the local transaction was not run. */
  TRANSACTION_ROLLED_BACK: { retryable: true, next: 'Send it again: nothing was done for it.' },
  TOO_MANY_REQUESTS: { retryable: true, next: 'Wait for the answers of earlier calls before making more.' },
} as const satisfies Record<string, { retryable: boolean; next: string }>

export type ClientErrorCode = keyof typeof clientErrorTable

export interface ClientErrorDetails {
  /** `host:port` of the last server tried. */
  address?: string
  topic?: string
  group?: string
  /** Milliseconds from the start of the call. */
  elapsedMs?: number
  /** How many times it was tried. */
  attempts?: number
  /** What the server answered, RocketMQ's response code. */
  responseCode?: number
  /** How far it came; after `connect` the server is sure to have seen nothing. */
  phase?: 'connect' | 'send' | 'wait'
}

/** Every error this package throws or rejects with. */
export class ClientError extends Error {
  override readonly name = 'ClientError'
  readonly retryable: boolean

  constructor(
    readonly code: ClientErrorCode,
    problem: string,
    readonly details: ClientErrorDetails = {},
    options: ErrorOptions & { retryable?: boolean } = {},
  ) {
    const { next, retryable } = clientErrorTable[code]
    super(
      next === '' ? problem : `${problem}. ${next}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.retryable = options.retryable ?? retryable
    this.problem = problem
  }

  /** What happened, without what to do about it. */
  readonly problem: string

  /** The same error with more to say, for one of several callers that it concerns. */
  static again(error: ClientError, more: string, details: ClientErrorDetails): ClientError {
    const { cause, retryable } = error
    return new ClientError(error.code, error.problem + more, details, { cause, retryable })
  }
}

/** The client's view of a call that got no answer. */
export function fromRemotingError(error: unknown, what: string, details: ClientErrorDetails = {}): ClientError {
  if (error instanceof ClientError) return error
  if (!(error instanceof RemotingError)) {
    return new ClientError(
      'BAD_ANSWER',
      `${what}: ${error instanceof Error ? error.message : String(error)}`,
      details,
      {
        cause: error,
      },
    )
  }
  return new ClientError(
    error.code,
    `${what}: ${error.message}`,
    { address: error.details.address, phase: error.details.phase, elapsedMs: error.details.elapsedMs, ...details },
    { cause: error },
  )
}

/** Response codes after which the same request may succeed a moment later. */
const busyCodes = new Set([2, 14, 215, 1500])

/** The client's view of an answer that is an error. */
export function fromResponse(
  response: { code: number; remark: string | undefined },
  what: string,
  details: ClientErrorDetails = {},
): ClientError {
  const said = response.remark ? `: ${response.remark}` : ''
  const at = details.address === undefined ? 'the server' : details.address
  return new ClientError(
    busyCodes.has(response.code) ? 'BUSY' : 'REFUSED',
    `${what}: ${at} answered ${responseCodeName(response.code)} (${response.code})${said}`,
    { ...details, responseCode: response.code },
  )
}

export const aborted = (what: string, signal: AbortSignal): ClientError =>
  new ClientError('ABORTED', `${what}: the caller gave up`, {}, { cause: signal.reason })
