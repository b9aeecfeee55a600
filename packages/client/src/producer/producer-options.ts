import { withNamespace, type MessageQueue } from '@mq/protocol'
import { ClientError } from '../errors.js'
import type { ConnectionOptions } from '../client-instance/shared-instances.js'
import type { TraceOption } from '../trace/trace-option.js'
import type { Message } from './message.js'

export interface ProducerOptions extends ConnectionOptions {
  /** Producer group. Default `MQ_PRODUCER`. */
  group?: string
  /** Milliseconds a send may take, all tries together. Default 3000. */
  timeout?: number
  /** Further tries after a failed one, on another broker where there is one. Default 2. */
  retries?: number
  /**
   * Messages sent at the same time to one topic travel together in RocketMQ's batch frames. `false`: each in a frame of
   * its own, so that round robin advances by message. Default true.
   */
  grouping?: boolean
  /** Milliseconds to wait for more messages to travel together. Default 0: what one turn of the event loop brings. */
  linger?: number
  /** Messages in a frame, at most. Default 256. */
  groupMessagesMax?: number
  /** Bytes in a frame of several messages, at most. Default 1 MiB. */
  groupBytesMax?: number
  /** Frames under way to a broker for one topic, at most; what is sent meanwhile gathers. Default 4. */
  framesInFlightMax?: number
  /** Bodies larger than this are compressed, bytes; `false`: none is. Default 4096. */
  compressAbove?: number | false
  /** How hard to compress, zlib's levels: 0 (not at all) to 9 (smallest). Default 5, as the Java client. */
  compressLevel?: number
  /** Larger bodies are refused, bytes. Default 4 MiB, the broker's own default. */
  maxMessageBytes?: number
  /** Messages accepted and not yet answered, at most; beyond, `send` rejects with `TOO_MANY_REQUESTS`. Default 100,000. */
  pendingMessagesMax?: number
  /** The same in bytes of bodies. Default 128 MiB. */
  pendingBytesMax?: number
  /**
   * Message trace in Apache's format, to its system topic or another one: what was sent, where to, and how long that took.
   * Default false.
   */
  trace?: TraceOption
}

export interface SendOptions {
  /** Milliseconds, all tries together. Default: the producer's. */
  timeout?: number
  /**
   * A point in time instead, or the earlier of both: what is left of the time that a larger piece of work has. Messages with a
   * deadline travel with none that has another.
   */
  deadline?: Date
  /** Gives up waiting. A message that has left may still be stored. */
  signal?: AbortSignal
  /** Send to this queue. Messages to one queue keep the order in which they were sent; they are not tried elsewhere. */
  queue?: MessageQueue
  /** Choose a queue of the topic's, for example by a key: `(queues) => queues[hash(orderId) % queues.length]`. */
  selector?: (queues: readonly MessageQueue[], message: Message) => MessageQueue | undefined
}

/** The options with their defaults, checked. */
export type ProducerSettings = Required<Omit<ProducerOptions, keyof ConnectionOptions | 'compressAbove' | 'trace'>> & {
  compressAbove: number
  namespace: string
  /** The group with its namespace, as brokers know it. */
  brokerGroup: string
  unitMode: boolean
}

export function producerSettings(options: ProducerOptions): ProducerSettings {
  const settings: ProducerSettings = {
    group: options.group ?? 'MQ_PRODUCER',
    timeout: options.timeout ?? 3000,
    retries: options.retries ?? 2,
    grouping: options.grouping ?? true,
    linger: options.linger ?? 0,
    groupMessagesMax: options.groupMessagesMax ?? 256,
    groupBytesMax: options.groupBytesMax ?? 1024 * 1024,
    framesInFlightMax: options.framesInFlightMax ?? 4,
    namespace: options.namespace ?? '',
    brokerGroup: withNamespace(options.namespace, options.group ?? 'MQ_PRODUCER'),
    unitMode: options.unitMode ?? false,
    compressLevel: options.compressLevel ?? 5,
    compressAbove: options.compressAbove === false ? Infinity : (options.compressAbove ?? 4096),
    maxMessageBytes: options.maxMessageBytes ?? 4 * 1024 * 1024,
    pendingMessagesMax: options.pendingMessagesMax ?? 100_000,
    pendingBytesMax: options.pendingBytesMax ?? 128 * 1024 * 1024,
  }
  for (const [name, value] of Object.entries(settings)) checkNumber(name, value)
  if (settings.compressLevel > 9)
    throw new ClientError('OPTION_INVALID', `option 'compressLevel' must be from 0 to 9, not ${settings.compressLevel}`)
  return settings
}

const mayBeZero = new Set(['retries', 'linger', 'compressAbove', 'compressLevel'])

function checkNumber(name: string, value: unknown): void {
  if (typeof value === 'string' || typeof value === 'boolean') return
  if (typeof value === 'number' && value >= (mayBeZero.has(name) ? 0 : 1)) return
  throw new ClientError(
    'OPTION_INVALID',
    `option '${name}' must be a number from ${mayBeZero.has(name) ? 0 : 1}, not ${String(value)}`,
  )
}
