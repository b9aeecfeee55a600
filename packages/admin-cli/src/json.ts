/** What `--json` shows: one document; maps become objects where their keys are words, lists of pairs where they are not. */
export const jsonText = (value: unknown): string => `${JSON.stringify(value ?? null, replacer, 2)}\n`

function replacer(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Set) return [...value]
  if (value instanceof Map) return fromMap(value)
  return value
}

function fromMap(map: Map<unknown, unknown>): unknown {
  const words = [...map.keys()].every((key) => typeof key !== 'object')
  return words ? Object.fromEntries(map) : [...map].map(([key, value]) => ({ key, value }))
}
