import { requestCodeName } from '@mq/protocol'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'

/** No request may wait longer: pulls are held 20 s at most, what is stored is answered by then. */
const waitMsMax = 40_000
/** More may not wait to be sent on a connection. */
const bufferedBytesMax = 64 << 20

/** Every request on a connection that is still open was answered, and nothing has piled up. */
export function checkAnswers(run: Run, cluster: Cluster): void {
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
    if (broker.stats().sendsInFlight > 0)
      run.violate('bounded-memory', `${name}: ${broker.stats().sendsInFlight} sends are still under way`)
  }
}
