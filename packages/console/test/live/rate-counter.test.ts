import { describe, expect, it } from 'vitest'
import { RateCounter } from '../../src/live/rate-counter.js'

const counterAfter = (...looks: [timeMs: number, value: number][]) => {
  const counter = new RateCounter(3000)
  for (const [timeMs, value] of looks) counter.look(timeMs, value)
  return counter.perSecond
}

describe('RateCounter', () => {
  it('knows no rate before two looks are apart', () => {
    expect(counterAfter()).toBeNull()
    expect(counterAfter([0, 100])).toBeNull()
    expect(counterAfter([0, 100], [100, 200])).toBeNull()
    expect(counterAfter([0, 100], [1000, 300])).toBe(200)
  })

  it('reaches no further back than its window', () => {
    expect(counterAfter([0, 0], [10_000, 100_000], [12_000, 100_000], [14_000, 100_000])).toBe(0)
  })

  it('begins anew when the count goes back, and after a long pause', () => {
    expect(counterAfter([0, 100], [2000, 50])).toBeNull()
    expect(counterAfter([0, 100], [2000, 50], [3000, 60])).toBe(10)
    expect(counterAfter([0, 0], [100_000, 1000])).toBeNull()
  })
})
