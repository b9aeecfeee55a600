import Table from 'cli-table3'
import { plantedBugs } from './bugs.js'
import { findBug } from './find-bug.js'

/** Looks for each planted bug and prints the table of them. True when all were found. */
export async function printBugs(): Promise<boolean> {
  const table = new Table({ head: ['planted bug', 'found by', 'seed'] })
  let isComplete = true
  for (const bug of plantedBugs) {
    const found = await findBug(bug)
    table.push([bug.name, found?.checker ?? 'nothing', found?.seed ?? ''])
    isComplete &&= found !== undefined
  }
  console.log(table.toString())
  return isComplete
}
