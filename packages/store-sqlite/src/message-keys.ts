import {
  asBuffer,
  MessageProperty,
  propertyOf,
  recordProperties,
  recordSysFlag,
  transactionType,
  TransactionType,
} from '@mq/protocol'

/** The unique key and each of KEYS. Rollbacks have none (`IndexService`, 4.7.1). */
export function keysOf(record: Uint8Array): string[] {
  const properties = recordProperties(record)
  if (properties.length === 0 || transactionType(recordSysFlag(record)) === TransactionType.ROLLBACK) return []
  const text = asBuffer(properties).toString()
  const unique = propertyOf(text, MessageProperty.UNIQ_KEY)
  const keys = propertyOf(text, MessageProperty.KEYS)?.split(' ') ?? []
  return [...new Set(unique === undefined ? keys : [unique, ...keys])].filter((key) => key !== '')
}
