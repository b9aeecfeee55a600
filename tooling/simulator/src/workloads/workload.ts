import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'

/** What clients do during a run, and what of it has to come out. */
export interface Workload {
  /** Makes topics and clients; resolves when they are up. */
  start(): Promise<void>
  /** What has not arrived yet that has to; undefined when all has. Asked again and again once all is healed. */
  missing(): string | undefined
  /** Looks at the history when all is over, for what only this workload promises. */
  check(): void
}

export type WorkloadFactory = (run: Run, cluster: Cluster) => Workload
