import type { Cluster } from '../cluster/cluster.js'
import type { FaultName } from '../faults/fault-kinds.js'
import type { Run } from '../run.js'
import { promised } from './promised.js'

/** Brokers look at held pulls every 5 s, too: who waits for that was not woken. Ms. */
const promptMs = 3000

/** With these a queue may be nobody's for a while, or its reader may fall behind. */
const excuses: readonly FaultName[] = ['restart-client', 'slow-read']

/** Consumers that wait are woken by a message, unless clients had something to suffer from. */
export function checkPrompt(run: Run, cluster: Cluster, group: string): void {
  const { disturbances, delivered } = run.history
  if (disturbances.length > 0 || run.plan.faults.some((name) => excuses.includes(name))) return
  const first = new Map<string, number>()
  for (const { id, startedMs, group: by } of delivered) if (by === group && !first.has(id)) first.set(id, startedMs)
  for (const { id, settledMs } of promised(run, cluster)) {
    const waitedMs = first.has(id) ? first.get(id)! - settledMs : 0
    if (waitedMs > promptMs) run.violate('prompt', `${id} waited ${waitedMs} ms for a consumer that waited for it`)
  }
}
