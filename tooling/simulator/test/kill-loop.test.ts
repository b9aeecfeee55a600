import { expect, test } from 'vitest'
import { killLoop } from '../src/kill-loop/kill-loop.js'

test('a real mq, killed under load: nothing acknowledged is lost', async () => {
  const report = await killLoop({ rounds: 4, concurrency: 8 })
  expect(report.acknowledged).toBeGreaterThan(0)
  expect(report.read).toBeGreaterThanOrEqual(report.acknowledged)
  expect({ lost: report.lost, gaps: report.gaps }).toEqual({ lost: [], gaps: [] })
})
