import { channel } from 'node:diagnostics_channel'
import type { ConsumeOutcome } from '../consumer/message-handler.js'
import type { Message } from '../producer/message.js'
import type { SendResult } from '../producer/send-result.js'
import type { ReceivedMessage } from '../received-message.js'

/** Names for `node:diagnostics_channel`. The end of a thing comes with the object of its start. */
export const channelNames = {
  sendStart: '@mq/client:send:start',
  sendEnd: '@mq/client:send:end',
  consumeStart: '@mq/client:consume:start',
  consumeEnd: '@mq/client:consume:end',
} as const

/** A message is sent: by `send`, `request` or in a transaction. */
export interface SendEvent {
  readonly group: string
  readonly message: Message
  /** What a subscriber of the start puts here travels as properties of the message. */
  readonly properties: Record<string, string>
  /** Of the end: one of both. */
  result?: SendResult
  error?: unknown
}

/** A handler is called with a message. */
export interface ConsumeEvent {
  readonly group: string
  readonly message: ReceivedMessage
  /** Runs the handler. A subscriber of the start may put its own in place, to run the handler within a context. */
  run: (handler: () => ConsumeOutcome | Promise<ConsumeOutcome>) => ConsumeOutcome | Promise<ConsumeOutcome>
  /** Of the end: one of both; an outcome of nothing is success. */
  outcome?: ConsumeOutcome
  error?: unknown
}

export const sendStart = channel(channelNames.sendStart)
export const sendEnd = channel(channelNames.sendEnd)
export const consumeStart = channel(channelNames.consumeStart)
export const consumeEnd = channel(channelNames.consumeEnd)
