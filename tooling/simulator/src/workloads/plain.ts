import { checkPrompt } from '../checkers/prompt.js'
import { undelivered } from '../checkers/undelivered.js'
import type { ConsumerNode } from '../clients/consumer-node.js'
import type { ProducerNode } from '../clients/producer-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'
import { startClients } from './start-clients.js'
import type { Workload } from './workload.js'

const topic = 'Plain'
const group = 'PlainGroup'

/** Messages to any queue, one by one and in bursts, consumed by a group. */
export function plainWorkload(run: Run, cluster: Cluster): Workload {
  const sendSome = (node: ProducerNode): void => {
    const count = 1 + node.io.random.below(run.plan.burstMax)
    for (let i = 0; i < count; i++) void node.send({ topic, tags: node.io.random.below(2) === 0 ? 'A' : undefined })
  }
  const consume = async (_delivered: object, { io }: ConsumerNode): Promise<void> => {
    if (io.random.below(8) === 0) await new Promise<void>((done) => io.clock.after(1 + io.random.below(300), done))
  }
  return {
    start: () => startClients(run, cluster, sendSome, { topic, group, consume }),
    missing: () => undelivered(run, cluster, group, (sent) => sent.topic === topic),
    check: () => checkPrompt(run, cluster, group),
  }
}
