import type { Clock, Timer } from '../ports.js'
import type { SimProcess } from './sim-process.js'

/** Node's shortest timeout. Also keeps a timer that sets itself again from stopping the time. */
const DELAY_MS_MIN = 1

export function createSimClock(process: SimProcess): Clock {
  const { scheduler, trace, startMs } = process.world
  const { host } = process

  const after = (delayMs: number, task: () => void): Timer => {
    const run = (): void => {
      trace.note(host.name, 'timer')
      task()
    }
    const event = scheduler.in(Math.max(DELAY_MS_MIN, delayMs || 0), run, process)
    return { cancel: () => (event.run = undefined) }
  }

  const every = (periodMs: number, task: () => void, firstDelayMs = periodMs): Timer => {
    if (!(periodMs > 0)) throw new RangeError(`a period must be longer than 0 ms, not ${periodMs}`)
    let cancelled = false
    const run = (): void => {
      timer = after(periodMs, run)
      if (cancelled) timer.cancel()
      task()
    }
    let timer = after(firstDelayMs, run)
    return {
      cancel() {
        cancelled = true
        timer.cancel()
      },
    }
  }

  return {
    now: () => Math.floor(startMs + host.clockOffsetMs + scheduler.nowUs / 1000),
    monotonic: () => scheduler.nowUs / 1000,
    after,
    every,
    endOfTurn: createTurnQueue(process),
  }
}

/** A turn is everything that happens to a process in one instant. */
function createTurnQueue(process: SimProcess): (task: () => void) => void {
  let tasks: (() => void)[] = []
  let scheduled = false
  const schedule = (): void => {
    scheduled = true
    process.in(0, drain)
  }
  const drain = (): void => {
    let at = 0
    try {
      while (at < tasks.length) tasks[at++]!()
    } finally {
      // After a task that throws, which ends the run, the others still have their turn in the next.
      tasks = tasks.slice(at)
      scheduled = false
      if (tasks.length > 0) schedule()
    }
  }
  return (task) => {
    tasks.push(task)
    if (!scheduled) schedule()
  }
}
