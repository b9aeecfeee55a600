import type { StoreEngine } from '../message-store.js'
import { checksFor, type ConformanceOptions, runCheck } from './check-message-store.js'

export { checkMessageStore, type ConformanceOptions, type Finding } from './check-message-store.js'
export { ConformanceError } from './subject.js'
export { type ConformanceWorld, realWorld, simulatedWorld } from './world.js'

/** What of a test runner is needed: vitest's own functions, or others of that shape. */
export interface TestRunner {
  describe(name: string, tests: () => void): unknown
  test(name: string, run: () => Promise<void>, timeoutMs: number): unknown
}

/**
 * What a `MessageStore` promises, as tests of an engine: one for each promise, on a fresh store, failing with a sentence that
 * says what the engine did.
 *
 *     import { describe, test } from 'vitest'
 *     describeMessageStore('my engine', createMyStore, { describe, test }, { durable: false })
 */
export function describeMessageStore(
  name: string,
  engine: StoreEngine,
  { describe, test }: TestRunner,
  options: ConformanceOptions = {},
): void {
  describe(`${name} as a MessageStore`, () => {
    for (const check of checksFor(options)) test(check.name, () => runCheck(check, engine, options), 60_000)
  })
}
