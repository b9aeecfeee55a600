import type { Io, Logger } from '@mq/io'
import type { Answer, ExtFields, HostAddress, ReceivedCommand } from '@mq/protocol'
import type { Channel } from '@mq/remoting'
import type { MessageStore } from '@mq/store'
import type { BrokerConfig } from './config-table.js'
import type { ConsumerOffsets } from './consumer-offsets.js'
import type { Consumers } from './consumers.js'
import type { DelayService } from './delay-service.js'
import type { Lane } from './flow-control.js'
import type { LongPolling } from './long-polling.js'
import type { Producers } from './producers.js'
import type { QueueLocks } from './queue-locks.js'
import type { BrokerStats } from './stats.js'
import type { SubscriptionGroups } from './subscription-groups.js'
import type { Topics } from './topics.js'

/** What request processors work with. */
export interface BrokerState {
  readonly io: Io
  readonly logger: Logger
  readonly store: MessageStore
  /** Values may change at run time (code 25): read them at each use. */
  readonly config: BrokerConfig & { brokerName: string }
  readonly topics: Topics
  readonly groups: SubscriptionGroups
  readonly offsets: ConsumerOffsets
  readonly consumers: Consumers
  readonly producers: Producers
  readonly locks: QueueLocks
  readonly holds: LongPolling
  readonly delays: DelayService
  readonly stats: BrokerStats
  readonly sends: Lane
  /** Where clients reach this broker; part of every message id. */
  readonly storeHost: HostAddress
  /** `CLUSTER` as a property, appended to messages. */
  readonly clusterProperty: string
  /** Fields of every answer to a send. */
  readonly sendFields: ExtFields
  /** Keys and values of the configuration as code 26 answers them, and its version. */
  readonly describeConfig: () => string
  /** Changes keys that may be changed while running; returns what is wrong with the change, as sentences. */
  readonly changeConfig: (entries: ReadonlyMap<string, string>) => string[]
  readonly configVersion: () => { timestamp: number; counter: number }
  readonly runtimeInfo: () => Promise<Record<string, string>>
}

/** Answers one request code; see `RequestHandler`. */
export type Processor = (
  broker: BrokerState,
  request: ReceivedCommand,
  channel: Channel,
) => Answer | Promise<Answer> | undefined
