import type { Cluster } from '../cluster/cluster.js'
import type { Sent } from '../history.js'
import type { Run } from '../run.js'

/**
 * Acknowledged messages that have to be there: with acknowledgement level `flushed` all of them; with `received` those a
 * broker acknowledged since its last power loss. What was damaged on a disk may be gone.
 */
export function promised(run: Run, cluster: Cluster): Sent[] {
  const { history, plan } = run
  const undamaged = history.acknowledged().filter(({ id }) => !history.isDamaged(id))
  if (plan.flushDiskType === 'SYNC_FLUSH') return undamaged
  const safeSince = new Map(cluster.brokers.map(({ name }) => [name, lastPowerLossMs(cluster, name)]))
  return undamaged.filter((sent) => sent.sentMs > safeSince.get(sent.result!.queue.brokerName)!)
}

/** -1 when there was none. */
export function lastPowerLossMs(cluster: Cluster, broker: string): number {
  const { lives } = cluster.brokers.find(({ name }) => name === broker)!
  return lives.reduce((latest, life) => (life.end === 'power loss' ? Math.max(latest, life.endedMs!) : latest), -1)
}

/** Messages may be gone that had a queue offset: it may have been given to another one. */
export const mayReuseOffsets = (run: Run, cluster: Cluster, broker: string): boolean =>
  run.plan.flushDiskType === 'ASYNC_FLUSH' && lastPowerLossMs(cluster, broker) >= 0
