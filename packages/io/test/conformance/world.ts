import type { Io } from '../../src/index.js'

/** One place to run the same tests in: the real machine, or a simulated one. */
export interface TestWorld {
  io: Io
  /** An empty folder. */
  folder: string
  /** Waits for a promise: for real, or by letting simulated time pass. */
  settle<T>(promise: Promise<T>): Promise<T>
  /** Lets this many milliseconds pass. */
  pass(ms: number): Promise<void>
  close(): void
}
