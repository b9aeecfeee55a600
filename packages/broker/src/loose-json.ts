/** Readers for stored JSON that somebody may have edited: what does not fit is the default. */

export const asRecord = (value: unknown): Record<string, unknown> => {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [String(key), one]))
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

export const integerOr = (value: unknown, fallback: number): number =>
  Number.isSafeInteger(value) ? (value as number) : fallback

export const booleanOr = (value: unknown, fallback: boolean): boolean => (typeof value === 'boolean' ? value : fallback)

export const textOr = <T extends string>(value: unknown, fallback: T): T =>
  typeof value === 'string' ? (value as T) : fallback
