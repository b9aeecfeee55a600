import { describe, expect, test } from 'vitest'
import type { Io } from '../../src/index.js'
import { type Simulation, simulate, type TraceEvent } from '../../src/sim/index.js'

/** A little of everything: talk over the network, files, timers, random numbers. */
async function busyServer(io: Io): Promise<void> {
  io.disk.makeDirectory('/data')
  const file = io.disk.open('/data/log', { create: true })
  let end = 0
  await io.network.listen({ host: '0.0.0.0', port: 9000 }, (connection) => {
    connection.onData = (bytes) => {
      file.write(bytes, end)
      end += bytes.length
      const size = end
      void file.sync().then(() => connection.write([Buffer.from(`${size};`)]))
    }
  })
}

async function busyClient(io: Io, talk: string[]): Promise<void> {
  const connection = await io.network.connect({ host: 'server', port: 9000 })
  connection.onData = (bytes) => talk.push(Buffer.from(bytes).toString())
  io.clock.every(7, () => connection.write([io.random.bytes(1 + io.random.below(3000)), io.random.bytes(2)]))
}

async function run(seed: number): Promise<{ hash: string; talk: string[]; events: TraceEvent[] }> {
  const events: TraceEvent[] = []
  const sim = simulate({ seed, onTrace: (event) => events.push(event) })
  const talk: string[] = []
  await sim.settle(busyServer(sim.host('server').io))
  await sim.settle(Promise.all([busyClient(sim.host('a').io, talk), busyClient(sim.host('b').io, talk)]))
  await sim.run(500)
  return { hash: sim.traceHash(), talk, events }
}

describe('determinism', () => {
  test('the same seed gives the same run, to the byte; another seed another', async () => {
    const [first, second, other] = [await run(7), await run(7), await run(8)]
    expect(first.talk.length).toBeGreaterThan(100)
    expect(second.events).toEqual(first.events)
    expect(second.talk).toEqual(first.talk)
    expect(second.hash).toBe(first.hash)
    expect(other.hash).not.toBe(first.hash)
  })

  test('the hash sees a single different byte, and a microsecond', async () => {
    const hashOf = async (start: (sim: Simulation) => void): Promise<string> => {
      const sim = simulate({ seed: 1 })
      start(sim)
      await sim.run(100)
      return sim.traceHash()
    }
    const write = (text: string) => (sim: Simulation) =>
      sim.host('a').io.disk.open('/f', { create: true }).write(Buffer.from(text), 0)
    const wait = (ms: number) => (sim: Simulation) => void sim.host('a').io.clock.after(ms, () => {})
    expect(await hashOf(write('abc'))).toBe(await hashOf(write('abc')))
    expect(await hashOf(write('abc'))).not.toBe(await hashOf(write('abd')))
    expect(await hashOf(wait(5))).not.toBe(await hashOf(wait(5.001)))
  })

  test('a host’s numbers depend on the seed, its name and its life, not on what others draw', () => {
    const draw = (seed: number, name: string, others: string[] = []): number[] => {
      const sim = simulate({ seed })
      others.forEach((other) => sim.host(other).io.random.bytes(10))
      return Array.from({ length: 5 }, () => sim.host(name).io.random.uint32())
    }
    expect(draw(1, 'a')).toEqual(draw(1, 'a', ['b', 'c']))
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'))
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'))
    const host = simulate({ seed: 1 }).host('a')
    const before = host.io.random.bytes(8)
    expect(host.restart().random.bytes(8)).not.toEqual(before)
  })

  test('numbers are spread evenly and stay in their limits', () => {
    const { random } = simulate({ seed: 3 }).host('a').io
    const counts = new Array<number>(10).fill(0)
    for (let i = 0; i < 10_000; i++) counts[random.below(10)]!++
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
