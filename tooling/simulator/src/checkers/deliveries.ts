import type { Cluster } from '../cluster/cluster.js'
import { queueName } from '../history.js'
import type { Run } from '../run.js'
import { mayReuseOffsets } from './promised.js'

/** What consumers got was sent, and a place in a queue holds one message for ever. */
export function checkDeliveries(run: Run, cluster: Cluster): void {
  const places = new Map<string, string>()
  for (const { id, body, queue, queueOffset } of run.history.delivered) {
    const place = `${queueName(queue)}/${queueOffset}`
    if (run.history.sent.get(id)?.body !== body)
      run.violate('none-invented', `a consumer got what nobody sent, from ${place}: ${id}`)
    const before = places.get(place)
    if (before !== undefined && before !== id && !mayReuseOffsets(run, cluster, queue.brokerName))
      run.violate('unchanging-offsets', `${place} was ${before}, then ${id}`)
    places.set(place, id)
  }
}
