import type { Answer, checkTransactionStateRequest, ConsumerData, HeaderOf, ReceivedCommand } from '@mq/protocol'
import type { ReceivedMessage } from '../received-message.js'

export type CheckTransactionState = HeaderOf<typeof checkTransactionStateRequest>

/** A producer or consumer as the client instance sees it: what goes into heartbeats, and what brokers ask of it. */
export interface ProducerMember {
  readonly group: string
  /** A broker at `address` asks how a transaction ended (39). Only producers of transactions can say. */
  checkTransaction?: (message: ReceivedMessage, check: CheckTransactionState, address: string) => void
}

export interface ConsumerMember {
  readonly group: string
  /** Its part of the heartbeat. */
  describe(): ConsumerData
  /** The group's members have changed. */
  rebalanceSoon(): void
  /** A broker asks: reset offsets (220), offsets (221), running info (307), consume directly (309). */
  serve(request: ReceivedCommand): Answer | Promise<Answer> | undefined | void
}
