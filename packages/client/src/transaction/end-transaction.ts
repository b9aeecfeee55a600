import { endTransactionRequest, requestCommand, RequestCode, TransactionType, type RemotingCommand } from '@mq/protocol'

/** What becomes of a half message. `unknown`: its broker will ask again. */
export type TransactionState = 'commit' | 'rollback' | 'unknown'

const codeOf = {
  commit: TransactionType.COMMIT,
  rollback: TransactionType.ROLLBACK,
  unknown: TransactionType.NONE,
} as const satisfies Record<TransactionState, number>

/** Which half message: its place in the half topic, and its ids. */
export interface HalfMessage {
  readonly producerGroup: string
  readonly queueOffset: number
  readonly commitLogOffset: number
  readonly msgId: string
  readonly transactionId: string
}

/** END_TRANSACTION (37). `why`: for the broker's log, when the local transaction failed. */
export function endTransaction(
  half: HalfMessage,
  state: TransactionState,
  fromTransactionCheck: boolean,
  why?: string,
): RemotingCommand {
  const fields = endTransactionRequest.encode({
    producerGroup: half.producerGroup,
    tranStateTableOffset: half.queueOffset,
    commitLogOffset: half.commitLogOffset,
    commitOrRollback: codeOf[state],
    fromTransactionCheck,
    msgId: half.msgId,
    transactionId: half.transactionId,
  })
  return { ...requestCommand(RequestCode.END_TRANSACTION, fields), remark: why }
}
