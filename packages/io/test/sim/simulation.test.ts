import { describe, expect, test } from 'vitest'
import { simulate } from '../../src/sim/index.js'

describe('virtual time', () => {
  // How fast: `npm run bench -- memory`.
  test('an hour without anything but a heartbeat passes to the millisecond', async () => {
    const sim = simulate({ seed: 1 })
    const { clock } = sim.host('a').io
    let beats = 0
    clock.every(1000, () => beats++)
    await sim.run(3_600_000)
    expect(beats).toBe(3600)
    expect(sim.elapsedMs).toBe(3_600_000)
  })

  test('time stands still while a chain of promises is worked off', async () => {
    const sim = simulate({ seed: 1 })
    const { clock } = sim.host('a').io
    const seen: string[] = []
    clock.after(10, () => {
      void (async () => {
        for (let i = 0; i < 1000; i++) await Promise.resolve()
        await new Promise<void>((resolve) => process.nextTick(resolve))
        seen.push(`chain at ${clock.monotonic()}`)
      })()
    })
    clock.after(10, () => seen.push('same instant'))
    await sim.run(10)
    expect(seen).toEqual(['chain at 10', 'same instant'])
  })

  test('run ends exactly at its end; later events wait for the next run', async () => {
    const sim = simulate({ seed: 1 })
    const seen: number[] = []
    for (const ms of [10, 20, 30]) sim.host('a').io.clock.after(ms, () => seen.push(ms))
    await sim.run(20)
    expect([seen, sim.elapsedMs]).toEqual([[10, 20], 20])
    await sim.run(9.999)
    expect(seen).toEqual([10, 20])
    await sim.run(0.001)
    expect(seen).toEqual([10, 20, 30])
  })

  test('until stops at once when it holds, and says what did not', async () => {
    const sim = simulate({ seed: 1 })
    let ready = false
    sim.host('a').io.clock.after(100, () => (ready = true))
    await sim.until(() => ready)
    expect(sim.elapsedMs).toBe(100)
    await expect(sim.until(() => !ready, 50)).rejects.toThrow(/after 50 ms of simulated time: \(\) => !ready.*seed 1/)
    expect(sim.elapsedMs).toBe(150)
  })

  test('settle gives the outcome, and tells of a promise that nothing can settle any more', async () => {
    const sim = simulate({ seed: 1 })
    const { clock } = sim.host('a').io
    expect(await sim.settle(new Promise((resolve) => clock.after(5, () => resolve('yes'))))).toBe('yes')
    await expect(sim.settle(Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(sim.settle(new Promise(() => {}))).rejects.toThrow(/still open .* nothing is left/)
    clock.every(1000, () => {})
    await expect(sim.settle(new Promise(() => {}), 5000)).rejects.toThrow(/still open after 5000 ms/)
  })

  test('what a callback throws ends the run, and the next one goes on behind it', async () => {
    const sim = simulate({ seed: 1 })
    const { clock } = sim.host('a').io
    const seen: string[] = []
    clock.endOfTurn(() => {
      throw new Error('broken task')
    })
    clock.endOfTurn(() => seen.push('next task'))
    clock.after(1, () => seen.push('timer'))
    await expect(sim.run(10)).rejects.toThrow('broken task')
    await sim.run(10)
    expect(seen).toEqual(['next task', 'timer'])
  })

  test('only one thing may drive the time', async () => {
    const sim = simulate({ seed: 1 })
    const first = sim.run(10)
    await expect(sim.run(10)).rejects.toThrow(/running already/)
    await first
  })

  test('hosts have their own wall clocks, and one time that passes', async () => {
    const sim = simulate({ seed: 1, startMs: 1_000_000 })
    const [a, b] = [sim.host('a'), sim.host('b', { clockOffsetMs: 5000 })]
    await sim.run(1.5)
    expect([a.io.clock.now(), b.io.clock.now()]).toEqual([1_000_001, 1_005_001])
    b.clockOffsetMs = -1000
    expect(b.io.clock.now()).toBe(999_001)
    expect(b.io.clock.monotonic()).toBe(a.io.clock.monotonic())
  })

  test('hosts have their own addresses and names', () => {
    const sim = simulate({ seed: 1 })
    expect([sim.host('a').address, sim.host('b').address, sim.host('a').address]).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      '10.0.0.1',
    ])
    expect(sim.host('b').io.host.addresses()).toEqual(['10.0.0.2', '127.0.0.1'])
    expect(sim.host('b').io.host.hostname).toBe('b')
  })
})
