import type { Io } from '@mq/io'
import { simulate } from '@mq/io/sim'

/** Where an engine is tried: its outside world, and how to wait there. */
export interface ConformanceWorld {
  readonly io: Io
  /** A folder for this store alone. */
  readonly directory: string
  /** Waits for a promise; rejects when it never settles. */
  settle<T>(promise: Promise<T>): Promise<T>
  /** Where power can be lost: loses it, then gives the world as the next process sees it. */
  losePower?(): Io
  /** Called when a check is over. */
  end?(): void
}

/** Virtual time and a simulated disk: for engines that touch the world by their `Io` alone. Shows also what a power loss takes. */
export function simulatedWorld(): ConformanceWorld {
  const sim = simulate({ seed: 1 })
  const machine = sim.host('store')
  return {
    get io() {
      return machine.io
    },
    directory: '/store',
    settle: (promise) => sim.settle(promise),
    losePower() {
      machine.kill({ losePower: true })
      return machine.restart()
    },
  }
}

/** How long a real engine may take for one step before it counts as one that never answers, ms. */
const patienceMs = 20_000

/** The real world of an `Io` from `@mq/io/node`, for engines that bring their own disk. `directory` is one of the check alone. */
export function realWorld(io: Io, directory: string, end?: () => void): ConformanceWorld {
  const settle = async <T>(promise: Promise<T>): Promise<T> => {
    let never: ReturnType<Io['clock']['after']> | undefined
    const late = new Promise<never>((_, reject) => {
      never = io.clock.after(patienceMs, () => reject(new Error(`no answer within ${patienceMs / 1000} s`)))
    })
    try {
      return await Promise.race([promise, late])
    } finally {
      never?.cancel()
    }
  }
  return { io, directory, settle, end }
}
