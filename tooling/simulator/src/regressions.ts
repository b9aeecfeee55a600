import type { WorkloadName } from './workloads/index.js'

/** Seeds that once found something, kept for ever. A later change of the plan makes something else of them, so say what it was. */
export const regressions: readonly { seed: number; workload?: WorkloadName; found: string }[] = [
  {
    seed: 1030,
    workload: 'plain',
    found: 'after a failed sync and a restart, a power loss took back what counted as synced',
  },
  {
    seed: 20_815,
    workload: 'transactions',
    found: 'a power loss took the checkpoint, and a flipped bit then passed for a torn tail',
  },
  {
    seed: 399,
    workload: 'retry',
    found: 'the key index, made anew from a damaged log, kept entries of before behind its own',
  },
  {
    seed: 4045,
    found: 'damage at the start of the log did not count as lost, and the next message of its queue was set aside',
  },
]
