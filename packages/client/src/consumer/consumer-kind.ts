import type { Answer, ReceivedCommand } from '@mq/protocol'
import type { HandlerCall } from './handler-call.js'
import type { QueuePuller } from './queue-puller.js'

/** What push and pull consumers do differently. */
export interface ConsumerKind {
  readonly consumeType: 'CONSUME_PASSIVELY' | 'CONSUME_ACTIVELY'
  /** Messages can be given back to the broker: the group's retry topic is consumed too. */
  readonly retries: boolean
  readonly autoCommit: boolean
  /** Order is kept: a queue is read under a lock, and given up when no handler runs with a message of it. */
  readonly ordered?: { idle(puller: QueuePuller): Promise<void> }
  /** There are new messages. */
  onMessages(puller: QueuePuller): void
  /** A queue is no longer ours. */
  onRemoved(puller: QueuePuller): void
  /** Handlers that may run at a time, and those that run. */
  concurrency(): number
  running(): readonly HandlerCall[]
  /** A broker asks to consume one message directly (309). */
  consumeDirectly?(request: ReceivedCommand): Promise<Answer>
}
