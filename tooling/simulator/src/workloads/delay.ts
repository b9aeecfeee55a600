import { undelivered } from '../checkers/undelivered.js'
import type { ProducerNode } from '../clients/producer-node.js'
import type { Cluster } from '../cluster/cluster.js'
import { delayQueue } from '../history.js'
import type { Run } from '../run.js'
import { startClients } from './start-clients.js'
import type { Workload } from './workload.js'

const topic = 'Delayed'
const group = 'DelayedGroup'
/** Delay of level 1, 2, 3 by default, ms. */
const delaysMs = [1000, 5000, 10_000]

/** Messages for later: none may come before its time. */
export function delayWorkload(run: Run, cluster: Cluster): Workload {
  const sendSome = (node: ProducerNode): void => {
    const delayLevel = 1 + node.io.random.below(delaysMs.length)
    void node.send({ topic, delayLevel }, { delayMs: delaysMs[delayLevel - 1]!, placedIn: delayQueue(delayLevel) })
  }
  return {
    start: () => startClients(run, cluster, sendSome, { topic, group, consume() {} }),
    missing: () => undelivered(run, cluster, group, (sent) => sent.topic === topic),
    check() {
      // A broker knows the time by its own clock only.
      if (!run.plan.faults.includes('clock-step')) neverEarly(run)
    },
  }
}

function neverEarly(run: Run): void {
  for (const { id, startedMs } of run.history.delivered) {
    const sent = run.history.sent.get(id)
    const waitedMs = startedMs - (sent?.sentMs ?? 0)
    // A broker's clock has whole milliseconds.
    if (sent?.note.delayMs !== undefined && waitedMs < sent.note.delayMs - 1)
      run.violate('never-early', `${id} was to wait ${sent.note.delayMs} ms, and came after ${waitedMs} ms`)
  }
}
