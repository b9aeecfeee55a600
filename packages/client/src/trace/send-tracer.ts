import type { Clock } from '@mq/io'
import {
  defaultTraceRegion,
  isRetryTopic,
  TraceMessageType,
  TransactionType,
  withoutNamespace,
  type ExtFields,
} from '@mq/protocol'
import { keysOf } from '../producer/message.js'
import type { PendingSend } from '../producer/pending-send.js'
import type { ProducerSettings } from '../producer/producer-options.js'
import type { Tracer } from './tracer.js'

/** What is traced of a transaction's end. */
export interface EndedTransaction {
  topic: string
  msgId: string
  tags: string | undefined
  keys: readonly string[]
  address: string
  transactionId: string
  state: 'commit' | 'rollback' | 'unknown'
  fromTransactionCheck: boolean
}

const stateNames = { commit: 'COMMIT_MESSAGE', rollback: 'ROLLBACK_MESSAGE', unknown: 'UNKNOW' } as const

/** Traces what a producer sends. */
export class SendTracer {
  constructor(
    private readonly tracer: Tracer,
    private readonly settings: ProducerSettings,
    private readonly clock: Clock,
  ) {}

  /** A broker answered. `TRACE_ON` of its answer may say that it wants no trace (`traceOn` of 4.x brokers). */
  answered(pending: PendingSend, address: string, offsetMsgId: string, ok: boolean, answer: ExtFields = {}): void {
    if (answer.TRACE_ON === 'false') return
    this.#add(pending, address, offsetMsgId, ok, answer.MSG_REGION || defaultTraceRegion)
  }

  /** All tries are over. */
  failed(pending: PendingSend, address: string | undefined): void {
    this.#add(pending, address ?? '', '', false, defaultTraceRegion)
  }

  ended(transaction: EndedTransaction): void {
    const { topic, msgId, tags, keys, address, transactionId, state, fromTransactionCheck } = transaction
    this.tracer.add(
      {
        ...{ type: 'EndTransaction', timestamp: this.clock.now(), regionId: defaultTraceRegion },
        ...{ group: this.settings.group, topic: this.#shown(topic), msgId, tags, keys: joined(keys) },
        ...{ storeHost: address, messageType: TraceMessageType.TRANSACTION_COMMIT, transactionId },
        ...{ transactionState: stateNames[state], fromTransactionCheck },
      },
      keys,
    )
  }

  close(timeoutMs: number): Promise<void> {
    return this.tracer.close(timeoutMs)
  }

  #add(pending: PendingSend, storeHost: string, offsetMsgId: string, success: boolean, regionId: string): void {
    const { message, msgId, bodyBytes, startedMs } = pending
    if (message.topic === this.tracer.topic || isRetryTopic(message.topic) || msgId === '') return
    const costMs = Math.round(this.clock.monotonic() - startedMs)
    const keys = keysOf(message)
    this.tracer.add(
      {
        ...{ type: 'Pub', timestamp: this.clock.now() - costMs, regionId, group: this.settings.group },
        ...{ topic: this.#shown(message.topic), msgId, tags: message.tags, keys: joined(keys), storeHost },
        ...{ bodyLength: bodyBytes, costMs, messageType: typeOf(pending), offsetMsgId, success },
      },
      keys,
    )
  }

  #shown(topic: string): string {
    return withoutNamespace(this.settings.namespace, topic)
  }
}

const joined = (keys: readonly string[]): string | undefined => (keys.length === 0 ? undefined : keys.join(' '))

function typeOf({ message, envelope }: PendingSend): number {
  if (envelope?.sysFlag === TransactionType.PREPARED) return TraceMessageType.TRANSACTION_HALF
  return message.delayLevel ? TraceMessageType.DELAY : TraceMessageType.NORMAL
}
