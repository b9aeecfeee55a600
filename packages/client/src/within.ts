import type { Clock } from '@mq/io'

/** Resolves when the work is done or the time is over, whichever comes first. The work must not reject. */
export function within(clock: Clock, timeoutMs: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.after(timeoutMs, resolve)
    void work.then(() => {
      timer.cancel()
      resolve()
    })
  })
}
