import type { Cluster } from '../cluster/cluster.js'
import { mayReuseOffsets, promised } from './promised.js'
import type { Sent } from '../history.js'
import type { Run } from '../run.js'

/** Promised messages of those `due` that no member of the group got, as a sentence; undefined when there are none. */
export function undelivered(
  run: Run,
  cluster: Cluster,
  group: string,
  due: (sent: Sent) => boolean,
): string | undefined {
  const missing = promised(run, cluster).filter((sent) => {
    const { id, result } = sent
    if (!due(sent) || run.history.wasDelivered(group, id)) return false
    // A group may have passed this offset when another message had it.
    return !mayReuseOffsets(run, cluster, result!.queue.brokerName)
  })
  if (missing.length === 0) return undefined
  const named = missing
    .slice(0, 3)
    .map(({ id, result }) => `${id} (${result!.queue.brokerName}/${result!.queue.queueId}/${result!.queueOffset})`)
  return `${missing.length} acknowledged messages were not given to group ${group}: ${named.join(', ')}`
}
