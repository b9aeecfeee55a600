import type { ExtFields, MessageQueue } from '@mq/protocol'

export interface PullFields {
  group: string
  queue: MessageQueue
  offset: number
  count: number
  /** Sum of `PullSysFlag`s. */
  flags: number
  /** How long the broker may hold the request while there is nothing, ms. */
  suspendMs: number
  commitOffset: number
  subVersion?: number
  /** Sent along with `PullSysFlag.SUBSCRIPTION`; else the broker uses that of the heartbeat. */
  expression?: string
  expressionType?: string
}

/** The header of a pull, written by hand: it is the consumers' most frequent request. */
export const pullFields = (pull: PullFields): ExtFields => {
  const fields: ExtFields = {
    consumerGroup: pull.group,
    topic: pull.queue.topic,
    queueId: String(pull.queue.queueId),
    queueOffset: String(pull.offset),
    maxMsgNums: String(pull.count),
    sysFlag: String(pull.flags),
    commitOffset: String(pull.commitOffset),
    suspendTimeoutMillis: String(pull.suspendMs),
    subVersion: String(pull.subVersion ?? 0),
    expressionType: pull.expressionType ?? 'TAG',
  }
  if (pull.expression !== undefined) fields.subscription = pull.expression
  return fields
}
