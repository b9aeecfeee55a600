import type { MessageQueue } from '@mq/protocol'
import type { ClientError } from '../errors.js'

/** Events of consumers. */
export interface ConsumerEvents {
  connected: { address: string }
  disconnected: { address: string; reason?: string }
  /** The queues of a topic that this member has now. */
  rebalanced: { topic: string; queues: MessageQueue[]; added: MessageQueue[]; removed: MessageQueue[] }
  /** More messages wait at the brokers than `lagWarning`; once until it is less again. */
  lagging: { lag: number }
  /** Something is wrong that the consumer tries again by itself. */
  problem: { error: ClientError }
}
