import type { Clock, Timer } from '../ports.js'
import type { Guard } from './guard.js'

/** Node runs a longer timeout at once instead; such delays are waited for in parts. */
const DELAY_MS_MAX = 2 ** 31 - 1

export function createClock(guard: Guard): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (delayMs, task) => after(delayMs, () => guard.call(task)),
    every: (periodMs, task, firstDelayMs = periodMs) => every(periodMs, firstDelayMs, () => guard.call(task)),
    endOfTurn: createTurnQueue(guard),
  }
}

function after(delayMs: number, task: () => void): Timer {
  let handle: NodeJS.Timeout
  const wait = (leftMs: number): void => {
    handle =
      leftMs > DELAY_MS_MAX
        ? setTimeout(() => wait(leftMs - DELAY_MS_MAX), DELAY_MS_MAX).unref()
        : setTimeout(task, leftMs).unref()
  }
  wait(delayMs)
  return { cancel: () => clearTimeout(handle) }
}

function every(periodMs: number, firstDelayMs: number, task: () => void): Timer {
  if (!(periodMs > 0)) throw new RangeError(`a period must be longer than 0 ms, not ${periodMs}`)
  let cancelled = false
  const run = (): void => {
    // The next one is set first: a task that throws or cancels leaves it as it should be.
    timer = after(periodMs, run)
    task()
    if (cancelled) timer.cancel()
  }
  let timer = after(firstDelayMs, run)
  return {
    cancel() {
      cancelled = true
      timer.cancel()
    },
  }
}

/**
 * Node runs `setImmediate` after it has handled all sockets that were ready: the end of a turn. One for all tasks of
 * the turn; those added while they run are run in the same pass.
 */
function createTurnQueue(guard: Guard): (task: () => void) => void {
  const tasks: (() => void)[] = []
  let scheduled = false
  const drain = (): void => {
    for (let at = 0; at < tasks.length; at++) guard.call(tasks[at]!)
    tasks.length = 0
    scheduled = false
  }
  return (task) => {
    tasks.push(task)
    if (scheduled) return
    scheduled = true
    setImmediate(drain)
  }
}
