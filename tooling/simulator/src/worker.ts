import { runSeed } from './run-seed.js'
import type { WorkloadName } from './workloads/index.js'

/** One process of the pool: runs the seeds it is given and answers with their reports. */
process.on('message', ({ seed, workload }: { seed: number; workload?: WorkloadName }) => {
  void runSeed(seed, { workload }).then((report) => process.send!(report))
})
process.on('disconnect', () => process.exit())
