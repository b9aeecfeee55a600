import type { Clock } from '@mq/io'
import { ClientError } from './errors.js'

/** How long a call may take. */
export interface TimeLimits {
  /** Milliseconds. */
  timeout?: number
  /** A point in time after which nobody waits for it any more, for all calls of a piece of work together. */
  deadline?: Date
}

/** The same with a `timeout` that ends at the deadline at the latest. Throws `TIMEOUT` when that is over. `what`: is limited. */
export function withinDeadline<Limits extends TimeLimits>(limits: Limits, clock: Clock, what: string): Limits {
  const { timeout = Infinity, deadline } = limits
  if (deadline === undefined) return limits
  const leftMs = deadline.getTime() - clock.now()
  if (!(leftMs > 0)) {
    const problem = `${what}: the deadline, ${isoText(deadline)}, was over before it began`
    throw new ClientError('TIMEOUT', problem, { elapsedMs: 0, attempts: 0, phase: 'connect' })
  }
  return { ...limits, timeout: Math.min(timeout, leftMs), deadline: undefined }
}

const isoText = (time: Date): string => (Number.isNaN(time.getTime()) ? 'which is no time' : time.toISOString())
