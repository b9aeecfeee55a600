/** The command line is wrong; nothing was done. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A port as an option gives it. Throws `UsageError`. */
export function readPort(option: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port >= 0 && port <= 65_535) return port
  throw new UsageError(`${option} takes a port from 0 to 65535 (0: any that is free), not '${text.slice(0, 40)}'`)
}

/** A whole number as an option gives it. Throws `UsageError`. */
export function readCount(option: string, text: string, min = 1): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (count >= min) return count
  throw new UsageError(`${option} takes a whole number from ${min} on, not '${text.slice(0, 40)}'`)
}
