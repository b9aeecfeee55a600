import type { Address } from '@mq/io'
import type { Answer, Language, ReceivedCommand, RemotingCommand } from '@mq/protocol'

/**
 * One peer of a server, for as long as its connection lasts. Processors keep what they know of a peer by this object.
 */
export interface Channel {
  /** Unique among the channels of this process. */
  readonly id: number
  readonly remote: Address
  readonly local: Address
  readonly secure: boolean
  /** False once the connection is gone. */
  readonly open: boolean
  /** `10.0.0.1:52113`, for logs and admin answers. */
  readonly name: string
  /** Answers a request of this channel. Does nothing for a one-way request or when the connection is gone. */
  answer(request: ReceivedCommand, answer: Answer): void
  /** Calls the client: 39, 220, 307 and the others a broker initiates. */
  call(command: RemotingCommand, options?: CallOptions): Promise<ReceivedCommand>
  /** Sends a one-way request to the client. */
  send(command: RemotingCommand): void
  close(): void
}

/**
 * Answers one request. It returns the answer; or a promise of it; or nothing and calls `channel.answer` later, which is
 * what hot paths do, so that a group of answers needs no promises. Errors thrown are answered: a `ResponseError` with
 * its code, a `ProtocolError` with SYSTEM_ERROR and its sentence, others with SYSTEM_ERROR and a log line.
 */
export type RequestHandler = (request: ReceivedCommand, channel: Channel) => Answer | Promise<Answer> | undefined | void

/** An error whose answer is decided where it is thrown. */
export class ResponseError extends Error {
  override readonly name = 'ResponseError'
  constructor(
    readonly code: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

export interface CallOptions {
  /** Milliseconds until the call fails with `TIMEOUT`. Default 3000. */
  timeoutMs?: number
  signal?: AbortSignal
}

/**
 * Why a call got no answer. `phase` says how far it came; only `connect` is sure to have had no effect at the peer.
 */
export class RemotingError extends Error {
  override readonly name = 'RemotingError'
  constructor(
    readonly code: 'CONNECT_FAILED' | 'TIMEOUT' | 'CONNECTION_LOST' | 'ABORTED' | 'CLOSED' | 'TOO_MANY_REQUESTS',
    message: string,
    readonly details: { address: string; phase: 'connect' | 'send' | 'wait'; elapsedMs: number },
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** Requests to servers by address; connections are made when first needed, shared, and made again after a loss. */
export interface RemotingClient {
  /** `address` is `host:port`. Rejects with `RemotingError`. Answers of any response code resolve. */
  call(address: string, command: RemotingCommand, options?: CallOptions): Promise<ReceivedCommand>
  /** The same by callback, without a promise: for groups of requests. Exactly one of both arguments is given. */
  callWith(
    address: string,
    command: RemotingCommand,
    options: CallOptions,
    done: (error: RemotingError | undefined, response: ReceivedCommand | undefined) => void,
  ): void
  /** Sends without waiting for an answer; resolves when the connection has taken it, rejects when there is none in time. */
  send(address: string, command: RemotingCommand, options?: CallOptions): Promise<void>
  /** What the server asks of us, by request code. */
  handle(code: number, handler: ClientRequestHandler): void
  /** Told when the connection to an address was made, and when it was lost. */
  onConnection(listener: (event: { address: string; state: 'connected' | 'lost'; reason?: string }) => void): () => void
  /** Closes the connection to an address, if there is one. */
  disconnect(address: string): void
  /** Fails what is under way with `CLOSED`, closes all connections, leaves no timers. */
  close(): Promise<void>
}

export type ClientRequestHandler = (
  request: ReceivedCommand,
  address: string,
) => Answer | Promise<Answer> | undefined | void

/** A peer's identity as admin answers show it. */
export interface PeerInfo {
  language: Language | undefined
  version: number
}
