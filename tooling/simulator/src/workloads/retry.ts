import type { ConsumeOutcome } from '@mq/client'
import { mayReuseOffsets, promised } from '../checkers/promised.js'
import type { ProducerNode } from '../clients/producer-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Delivered } from '../history.js'
import type { Run } from '../run.js'
import { startClients } from './start-clients.js'
import type { Workload } from './workload.js'

const topic = 'Retried'
const group = 'RetriedGroup'

/** Handlers that fail now and then: each message comes again until it is consumed. */
export function retryWorkload(run: Run, cluster: Cluster): Workload {
  const sendSome = (node: ProducerNode): void => {
    const failures = node.io.random.below(4) === 0 ? 1 + node.io.random.below(2) : 0
    void node.send({ topic }, { failures })
  }
  const givenBack = new Map<string, number>()
  const consumed = new Set<string>()
  const consume = ({ id }: Delivered): ConsumeOutcome => {
    const before = givenBack.get(id) ?? 0
    if (before >= (run.history.sent.get(id)?.note.failures ?? 0)) return void consumed.add(id)
    givenBack.set(id, before + 1)
    return 'later'
  }
  return {
    start: () => startClients(run, cluster, sendSome, { topic, group, consume }),
    missing() {
      const missing = promised(run, cluster).filter(
        (sent) =>
          sent.topic === topic &&
          !consumed.has(sent.id) &&
          !mayReuseOffsets(run, cluster, sent.result!.queue.brokerName),
      )
      if (missing.length === 0) return undefined
      const { id } = missing[0]!
      return `${missing.length} acknowledged messages were never consumed, ${id} was given back ${givenBack.get(id) ?? 0} times`
    },
    check() {},
  }
}
