import { describe, test } from 'vitest'
import type { StoreEngine } from '../message-store.js'
import { checksFor, type ConformanceOptions, runCheck } from './check-message-store.js'

export { checkMessageStore, type ConformanceOptions, type Finding } from './check-message-store.js'
export { ConformanceError } from './subject.js'
export { type ConformanceWorld, realWorld, simulatedWorld } from './world.js'

/**
 * What a `MessageStore` promises, as vitest tests of an engine: one for each promise, on a fresh store, failing with a
 * sentence that says what the engine did.
 *
 *     describeMessageStore('my engine', createMyStore, { durable: false })
 */
export function describeMessageStore(name: string, engine: StoreEngine, options: ConformanceOptions = {}): void {
  describe(`${name} as a MessageStore`, () => {
    for (const check of checksFor(options)) test(check.name, () => runCheck(check, engine, options), 60_000)
  })
}
