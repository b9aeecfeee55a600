import type { Faults } from './faults.js'
import type { Scheduler } from './scheduler.js'
import type { SeededRandom } from './seeded-random.js'
import type { SimHost } from './sim-host.js'
import type { Trace } from './trace.js'

/** What all parts of one simulation share. */
export interface World {
  readonly seed: number
  readonly scheduler: Scheduler
  readonly trace: Trace
  readonly faults: Faults
  /** For the network's and the disks' own choices. Hosts have their own numbers. */
  readonly random: SeededRandom
  readonly hosts: readonly SimHost[]
  /** Wall clock at the start, milliseconds since the epoch. */
  readonly startMs: number
  nextPid(): number
}
