import { requestCodeName } from '@mq/protocol'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'

/** No request may wait longer: pulls are held 20 s at most, what is stored is answered by then. */
const waitMsMax = 40_000
/** More may not wait to be sent on a connection. */
const bufferedBytesMax = 64 << 20

/** A pull for each queue: those of a topic, and that of the retry topic. */
const pullsOfConsumerMax = 5

/** Every request on a connection that is still open was answered, and nothing has piled up. */
export function checkAnswers(run: Run, cluster: Cluster): void {
  const pullsMax = cluster.consumers.length * pullsOfConsumerMax
  for (const { name, up, traffic, broker } of cluster.brokers) {
    if (!up || !traffic || !broker) continue
    for (const { connection, code, sinceMs } of traffic.waiting()) {
      if (run.nowMs - sinceMs <= waitMsMax) continue
      run.violate(
        'answered-once',
        `${name}: ${requestCodeName(code)} of ${connection} has had no answer for ${waitMsMax} ms`,
      )
    }
    if (traffic.bufferedBytesMax > bufferedBytesMax)
      run.violate('bounded-memory', `${name}: ${traffic.bufferedBytesMax} bytes waited to be sent on one connection`)
    const { sendsInFlight, pullsHeld } = broker.stats()
    if (pullsHeld > pullsMax)
      run.violate('bounded-memory', `${name}: ${pullsHeld} pulls are held, of ${cluster.consumers.length} consumers`)
    if (sendsInFlight > 0) run.violate('bounded-memory', `${name}: ${sendsInFlight} sends are still under way`)
  }
}
