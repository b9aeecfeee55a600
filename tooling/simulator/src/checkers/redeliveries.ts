import type { Cluster } from '../cluster/cluster.js'
import { queueName, type Delivered } from '../history.js'
import type { Run } from '../run.js'
import { mayReuseOffsets } from './promised.js'

/** Clients need so long to find each other again, ms: what happens after a disturbance is still its consequence. */
const aftermathMs = 40_000
/** Who takes over a queue asks for its offset while the last commit of the one before is on its way, ms. */
const handOverMs = 5000

/** A place in a queue that was consumed comes again only when something went wrong before that was kept for good. */
export function checkRedeliveries(run: Run, cluster: Cluster): void {
  const consumed = new Map<string, number>()
  for (const delivered of run.history.delivered) {
    const { queue, queueOffset, group, startedMs, endedMs, outcome } = delivered
    if (mayReuseOffsets(run, cluster, queue.brokerName)) continue
    const place = `${group}: ${queueName(queue)}/${queueOffset}`
    const consumedMs = consumed.get(place)
    if (consumedMs !== undefined && consumedMs <= startedMs && !isExcused(run, delivered, consumedMs))
      run.violate(
        'offsets-kept',
        `${place} (${delivered.id}) was consumed at ${seconds(consumedMs)}, and given out again at ${seconds(startedMs)}`,
      )
    if (outcome === 'consumed') consumed.set(place, Math.min(endedMs!, consumedMs ?? Infinity))
  }
}

function isExcused(run: Run, { startedMs }: Delivered, consumedMs: number): boolean {
  const { commitMs, offsetFlushMs, workload } = run.plan
  const sinceMs = startedMs - consumedMs
  // In order, a queue is handed over with its offset.
  if (workload !== 'order' && sinceMs < commitMs + handOverMs) return true
  const keptMs = consumedMs + commitMs + offsetFlushMs
  return run.history.disturbances.some(
    ({ fromMs, toMs }) => fromMs <= Math.min(keptMs, startedMs) && toMs + aftermathMs >= consumedMs,
  )
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`
