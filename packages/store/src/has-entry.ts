import { transactionType, TransactionType } from '@mq/protocol'

/** Half messages and rollbacks are in the log, but in no consume queue. */
export function hasEntry(sysFlag: number): boolean {
  const type = transactionType(sysFlag)
  return type === TransactionType.NONE || type === TransactionType.COMMIT
}
