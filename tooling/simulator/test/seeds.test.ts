import { expect, test } from 'vitest'
import { regressions } from '../src/regressions.js'
import { runSeed } from '../src/run-seed.js'
import { workloadNames } from '../src/workloads/index.js'

test('the same seed gives the same trace, another one another', async () => {
  const first = await runSeed(7)
  expect((await runSeed(7)).traceHash).toBe(first.traceHash)
  expect((await runSeed(8)).traceHash).not.toBe(first.traceHash)
})

test('what a trace says can be read', async () => {
  const lines: string[] = []
  await runSeed(7, { onLine: (line) => lines.push(line) })
  expect(lines.join('\n')).toMatch(/\d+\.\d{3}s {2}broker-a +is up/)
})

test.each(regressions)('seed $seed: $found', async ({ seed, workload }) => {
  expect((await runSeed(seed, { workload })).violations).toEqual([])
})

test.each(workloadNames)('a few seeds of %s keep what is promised', async (workload) => {
  for (let seed = 1; seed <= 5; seed++) expect((await runSeed(seed, { workload })).violations).toEqual([])
})
