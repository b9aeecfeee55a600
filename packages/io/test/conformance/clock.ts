import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { TestWorld } from './world.js'

export function clockConformance(createWorld: () => TestWorld): void {
  describe('clock', () => {
    let world: TestWorld
    beforeEach(() => void (world = createWorld()))
    afterEach(() => world.close())
    const settle = (start: (done: () => void) => void): Promise<void> =>
      world.settle(new Promise<void>((resolve) => start(resolve)))

    test('now is an integer, and both clocks go on', async () => {
      const { clock } = world.io
      const [wall, monotonic] = [clock.now(), clock.monotonic()]
      await settle((done) => clock.after(20, done))
      expect(Number.isInteger(wall)).toBe(true)
      expect(clock.now() - wall).toBeGreaterThanOrEqual(18)
      expect(clock.monotonic() - monotonic).toBeGreaterThanOrEqual(18)
    })

    test('timers run in the order they are due, cancelled ones not at all', async () => {
      const { clock } = world.io
      const seen: string[] = []
      clock.after(20, () => seen.push('late'))
      clock.after(5, () => seen.push('early'))
      clock.after(10, () => seen.push('cancelled')).cancel()
      await settle((done) => clock.after(40, done))
      expect(seen).toEqual(['early', 'late'])
    })

    test('a delay longer than Node can count is not due at once', async () => {
      const { clock } = world.io
      let ran = false
      const timer = clock.after(2 ** 40, () => (ran = true))
      await settle((done) => clock.after(10, done))
      timer.cancel()
      expect(ran).toBe(false)
    })

    test('every runs again and again until it cancels itself', async () => {
      const { clock } = world.io
      let count = 0
      const timer = clock.every(2, () => ++count === 3 && timer.cancel(), 1)
      await settle((done) => clock.after(40, done))
      expect(count).toBe(3)
    })

    test('a period that is no period is refused', () => {
      expect(() => world.io.clock.every(0, () => {})).toThrow(RangeError)
      expect(() => world.io.clock.every(Number.NaN, () => {})).toThrow(RangeError)
    })

    test('tasks for the end of the turn run in order, with those they add, after promises', async () => {
      const { clock } = world.io
      const seen: string[] = []
      const all = settle((done) => {
        clock.endOfTurn(() => {
          seen.push('first')
          clock.endOfTurn(() => seen.push('added'))
          queueMicrotask(() => {
            seen.push('promise of the first')
            done()
          })
        })
        clock.endOfTurn(() => seen.push('second'))
        queueMicrotask(() => seen.push('promise'))
        seen.push('turn')
      })
      await all
      expect(seen).toEqual(['turn', 'promise', 'first', 'second', 'added', 'promise of the first'])
    })
  })
}
