import { ProtocolError } from '../errors.js'

/** Apache's default of `messageDelayLevel`: levels 1 to 18. */
export const defaultDelayLevels = '1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h'

const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Delays in ms; the first is level 1's. Throws `ProtocolError` `CONFIG` for text that is no list of delays. */
export function parseDelayLevels(text: string): number[] {
  return text
    .trim()
    .split(/\s+/)
    .map((one) => {
      const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(one) ?? []
      if (count === undefined)
        throw new ProtocolError('CONFIG', `'${one}' is no delay: write a number and s, m, h or d, as in '30s'`)
      return Number(count) * unitMs[unit!]!
    })
}
