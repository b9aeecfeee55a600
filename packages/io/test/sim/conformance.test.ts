import { simulate } from '../../src/sim/index.js'
import { clockConformance } from '../conformance/clock.js'
import { diskConformance } from '../conformance/disk.js'
import { networkConformance } from '../conformance/network.js'
import type { TestWorld } from '../conformance/world.js'

function simulatedWorld(): TestWorld {
  const sim = simulate({ seed: 1 })
  const { io } = sim.host('a')
  io.disk.makeDirectory('/data')
  return {
    io,
    folder: '/data',
    settle: (promise) => sim.settle(promise),
    pass: (ms) => sim.run(ms),
    close: () => {},
  }
}

clockConformance(simulatedWorld)
networkConformance(simulatedWorld)
diskConformance(simulatedWorld)
