import type { MessageQueue } from '@mq/protocol'
import type { ClientError } from '../errors.js'
import type { ReceivedMessage } from '../received-message.js'

/** What members of a group subscribe to differently: the expressions, undefined for nothing. */
export interface SubscriptionDifference {
  topic: string
  own: string | undefined
  /** Of the member that has told its broker last. */
  other: string | undefined
}

/** Events of consumers. Those that need something to be done come with a log line that says what. */
export interface ConsumerEvents {
  connected: { address: string }
  disconnected: { address: string; reason?: string }
  /** The queues of a topic that this member has now. */
  rebalanced: { topic: string; queues: MessageQueue[]; added: MessageQueue[]; removed: MessageQueue[] }
  /** This member gets no queue of a topic, mostly because there are more members than queues; once until it gets one. */
  emptyAllocation: { topic: string; memberCount: number; queueCount: number }
  /** Members of the group subscribe to different things, so that messages stay or get lost; once until that is over. */
  subscriptionsDiffer: { differences: readonly SubscriptionDifference[] }
  /** A topic has other queues than before. Assigned queues do not follow by themselves. */
  topicQueuesChanged: { topic: string; queues: MessageQueue[]; added: MessageQueue[]; removed: MessageQueue[] }
  /** More messages wait at the brokers than `lagWarning`; once until it is less again. */
  lagging: { lag: number }
  /** A handler has taken longer than `consumeTimeout`; unless order is kept, its messages are given back and come again. */
  overdue: { messages: readonly ReceivedMessage[]; runningMs: number }
  /** Something is wrong that the consumer tries again by itself. */
  problem: { error: ClientError }
}
