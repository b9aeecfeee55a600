import Table from 'cli-table3'
import { afterAll, expect, test } from 'vitest'
import { plantedBugs } from '../src/planted/bugs.js'
import { runSeed } from '../src/run-seed.js'

const seedsMax = 25
const table = new Table({ head: ['planted bug', 'found by', 'seed'] })

afterAll(() => console.log(table.toString()))

test.each(plantedBugs)('found: $name', async (bug) => {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const { violations } = await runSeed(seed, { plant: bug })
    const found = violations.find(({ checker }) => bug.foundBy.includes(checker))
    if (!found) continue
    table.push([bug.name, found.checker, seed])
    return
  }
  expect.fail(`${seedsMax} seeds did not find it`)
})
