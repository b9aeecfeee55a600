import { expect, test } from 'vitest'
import { plantedBugs } from '../src/planted/bugs.js'
import { findBug } from '../src/planted/find-bug.js'

test.each(plantedBugs)('found: $name', async (bug) => {
  expect(await findBug(bug)).toBeDefined()
})
