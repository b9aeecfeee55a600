import { runSeed } from '../run-seed.js'
import type { PlantedBug } from './planted-bug.js'

/** More than any of them needs. */
const seedsMax = 25

/** The first seed in which a check finds the bug, and which check; undefined when none does. */
export async function findBug(plant: PlantedBug): Promise<{ seed: number; checker: string } | undefined> {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const { violations } = await runSeed(seed, { plant })
    const found = violations.find(({ checker }) => plant.foundBy.includes(checker))
    if (found) return { seed, checker: found.checker }
  }
  return undefined
}
