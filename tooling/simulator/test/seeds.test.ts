import { expect, test } from 'vitest'
import { runSeed } from '../src/run-seed.js'

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
