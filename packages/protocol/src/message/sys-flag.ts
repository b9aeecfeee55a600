/** Bits of a message's `sysFlag` (`MessageSysFlag`). */
export const MessageSysFlag = {
  COMPRESSED: 0x1,
  MULTI_TAGS: 0x2,
  BORN_HOST_V6: 0x10,
  STORE_HOST_V6: 0x20,
  INNER_BATCH: 0x80,
  COMPRESSION_TYPE: 0x700,
} as const

/** What `sysFlag` says of a message's transaction. */
export const TransactionType = { NONE: 0, PREPARED: 0x4, COMMIT: 0x8, ROLLBACK: 0xc } as const

export const transactionType = (sysFlag: number): number => sysFlag & 0xc
