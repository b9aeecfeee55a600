import { runSeed } from './run-seed.js'
import type { WorkloadName } from './workloads/index.js'

/** Faults are errors by the thousand, whose stacks nobody reads: a seed that is run alone has them. */
Error.stackTraceLimit = 0

/** One process of the pool: runs the seeds it is given and answers with their reports. */
process.on('message', ({ seed, workload }: { seed: number; workload?: WorkloadName }) => {
  void runSeed(seed, { workload }).then((report) => process.send!(report))
})
process.on('disconnect', () => process.exit())
