import { withNamespace } from '@mq/protocol'
import { ClientError } from '../errors.js'
import { checkGroup } from '../group.js'
import type { ConnectionOptions } from '../client-instance/shared-instances.js'
import { averageStrategy, circleStrategy, consistentHashStrategy, type AllocationStrategy } from './allocation.js'
import type { SubscriptionExpression } from './subscription.js'

export interface ConsumerOptions extends ConnectionOptions {
  /** Consumer group: its members share the messages. */
  group: string
  /** What to consume, by topic: `*`, `'TagA || TagB'` or `{ sql: … }`. More by `subscribe`. */
  subscriptions?: Readonly<Record<string, SubscriptionExpression>>
  /** `clustering`: each message goes to one member of the group. `broadcasting`: to every member. Default `clustering`. */
  messageModel?: 'clustering' | 'broadcasting'
  /**
   * Where a group starts in a queue in which it has committed nothing: at the end, at the beginning, or at a time. A
   * broker that still has a queue's first message in memory lets any new group start with it. Default `last`.
   */
  consumeFrom?: 'last' | 'first' | Date
  /** How queues are shared out. All members of a group must say the same. Default `AVG`. */
  allocation?: 'AVG' | 'AVG_BY_CIRCLE' | 'CONSISTENT_HASH' | AllocationStrategy
  /** Messages to ask for at a time. Brokers give at most 32 unless told otherwise. Default 32. */
  pullBatchSize?: number
  /** Messages of a queue held here and not finished, at most. Default 1000 (plus one answer). */
  cachedMessagesMax?: number
  /** Bytes of messages held here, all queues together, at most. Default 100 MiB (plus one answer). */
  cachedBytesMax?: number
  /** Offsets between the first and the last message of a queue held here, at most. Default 2000. */
  cachedSpanMax?: number
  /** Milliseconds between commits of offsets. Default 5000. */
  commitInterval?: number
  /** Event `lagging` comes when more messages wait at the brokers. Default 10,000. */
  lagWarning?: number
  /** Broadcasting: where offsets are kept, under `.rocketmq_offsets`. Default: the home directory, as Apache's client. */
  offsetsDirectory?: string
}

export interface ConsumerSettings {
  /** As brokers know it, with its namespace. */
  group: string
  namespace: string | undefined
  unitMode: boolean
  broadcasting: boolean
  consumeFrom: 'last' | 'first' | Date
  allocation: AllocationStrategy
  pullBatchSize: number
  cachedMessagesMax: number
  cachedBytesMax: number
  cachedSpanMax: number
  commitInterval: number
  lagWarning: number
}

const strategies: Record<string, AllocationStrategy> = {
  AVG: averageStrategy,
  AVG_BY_CIRCLE: circleStrategy,
  CONSISTENT_HASH: consistentHashStrategy,
}

/** The options with their defaults. Throws `OPTION_INVALID`. */
export function consumerSettings(options: ConsumerOptions): ConsumerSettings {
  return {
    group: checkGroup(withNamespace(options.namespace, options.group)),
    namespace: options.namespace,
    unitMode: options.unitMode ?? false,
    broadcasting:
      oneOf('messageModel', options.messageModel ?? 'clustering', ['clustering', 'broadcasting']) === 'broadcasting',
    consumeFrom:
      options.consumeFrom instanceof Date
        ? options.consumeFrom
        : oneOf<'last' | 'first'>('consumeFrom', options.consumeFrom ?? 'last', ['last', 'first']),
    allocation: strategyOf(options.allocation ?? 'AVG'),
    pullBatchSize: positive('pullBatchSize', options.pullBatchSize, 32),
    cachedMessagesMax: positive('cachedMessagesMax', options.cachedMessagesMax, 1000),
    cachedBytesMax: positive('cachedBytesMax', options.cachedBytesMax, 100 * 1024 * 1024),
    cachedSpanMax: positive('cachedSpanMax', options.cachedSpanMax, 2000),
    commitInterval: positive('commitInterval', options.commitInterval, 5000),
    lagWarning: positive('lagWarning', options.lagWarning, 10_000),
  }
}

export function positive(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  if (typeof value === 'number' && value >= 1) return value
  throw new ClientError('OPTION_INVALID', `option '${name}' must be a number from 1, not ${String(value)}`)
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T
  throw new ClientError('OPTION_INVALID', `option '${name}' must be ${allowed.join(' or ')}, not '${value}'`)
}

function strategyOf(allocation: NonNullable<ConsumerOptions['allocation']>): AllocationStrategy {
  if (typeof allocation !== 'string') return allocation
  const strategy = strategies[allocation]
  if (strategy) return strategy
  const known = Object.keys(strategies).join(', ')
  throw new ClientError(
    'OPTION_INVALID',
    `option 'allocation' must be ${known} or a strategy of your own, not '${String(allocation)}'`,
  )
}
