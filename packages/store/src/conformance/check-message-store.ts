import type { StoreEngine } from '../message-store.js'
import type { Check } from './check.js'
import { keepingChecks } from './keeping-checks.js'
import { readingChecks } from './reading-checks.js'
import { Subject } from './subject.js'
import { type ConformanceWorld, simulatedWorld } from './world.js'
import { writingChecks } from './writing-checks.js'

export interface ConformanceOptions {
  /** Makes a world for each check. Default: a simulated one. */
  world?: () => ConformanceWorld
  /** False for engines that are gone with their process. Default true. */
  durable?: boolean
}

export interface Finding {
  /** What must hold. */
  check: string
  /** What the engine did wrong, as a sentence. */
  problem: string
}

export const checksFor = ({ durable = true }: ConformanceOptions): Check[] =>
  [...writingChecks, ...readingChecks, ...keepingChecks].filter(({ onlyDurable }) => durable || !onlyDurable)

/** Runs one check on a fresh store. Throws `ConformanceError`. */
export async function runCheck(
  check: Check,
  engine: StoreEngine,
  { world = simulatedWorld }: ConformanceOptions,
): Promise<void> {
  const subject = new Subject(engine, world())
  try {
    await subject.open()
    await check.run(subject)
  } finally {
    await subject.world.settle(subject.store.close()).catch(() => {})
    subject.world.end?.()
  }
}

/** All checks on an engine, without a test runner: what it does wrong, nothing when it conforms. */
export async function checkMessageStore(engine: StoreEngine, options: ConformanceOptions = {}): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of checksFor(options)) {
    try {
      await runCheck(check, engine, options)
    } catch (error) {
      findings.push({ check: check.name, problem: error instanceof Error ? error.message : String(error) })
    }
  }
  return findings
}
