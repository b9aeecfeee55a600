import { asBuffer, MessageProperty, propertyOf, transactionType, TransactionType } from '@mq/protocol'
import type { MessageToStore } from '@mq/store'

/** The unique key and each of KEYS. Rollbacks have none (`IndexService`, 4.7.1). */
export function keysOf({ properties, sysFlag }: MessageToStore): string[] {
  if (properties.length === 0 || transactionType(sysFlag) === TransactionType.ROLLBACK) return []
  const text = typeof properties === 'string' ? properties : asBuffer(properties).toString()
  const unique = propertyOf(text, MessageProperty.UNIQ_KEY)
  const keys = propertyOf(text, MessageProperty.KEYS)?.split(' ') ?? []
  return [...new Set(unique === undefined ? keys : [unique, ...keys])].filter((key) => key !== '')
}
