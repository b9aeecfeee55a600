/** What an account may do with a topic or a group (`Permission`, 4.7.1): bits. */
export const Permission = { NONE: 0, PUB: 4, SUB: 8 } as const

const values: Record<string, number> = {
  DENY: Permission.NONE,
  PUB: Permission.PUB,
  SUB: Permission.SUB,
  'PUB|SUB': Permission.PUB | Permission.SUB,
  'SUB|PUB': Permission.PUB | Permission.SUB,
}

/** `PUB|SUB` and the like; undefined for what is none of the five, which RocketMQ takes for DENY. */
export const parsePermission = (text: string): number | undefined => {
  const name = text.trim()
  return Object.hasOwn(values, name) ? values[name] : undefined
}

export const permissionWords = Object.keys(values).join(', ')
