import type { MessageQueue } from '@mq/protocol'
import type { ClientError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'

/** Events of consumers. */
export interface ConsumerEvents {
  connected: { address: string }
  disconnected: { address: string; reason?: string }
  /** The queues of a topic that this member has now. */
  rebalanced: { topic: string; queues: MessageQueue[]; added: MessageQueue[]; removed: MessageQueue[] }
  /** More messages wait at the brokers than `lagWarning`; once until it is less again. */
  lagging: { lag: number }
  /** A handler has taken longer than `consumeTimeout`; unless order is kept, its messages are given back and come again. */
  overdue: { messages: readonly ReceivedMessage[]; runningMs: number }
  /** Something is wrong that the consumer tries again by itself. */
  problem: { error: ClientError }
}
