import type { Cluster } from '../cluster/cluster.js'
import { ConsumerNode } from '../clients/consumer-node.js'
import { ProducerNode } from '../clients/producer-node.js'
import { undelivered } from '../checkers/undelivered.js'
import type { Run } from '../run.js'
import type { Workload } from './workload.js'

const topic = 'Plain'
const group = 'PlainGroup'

/** Messages to any queue, one by one and in bursts, consumed by a group. */
export function plainWorkload(run: Run, cluster: Cluster): Workload {
  const { plan } = run
  const sendSome = (node: ProducerNode): void => {
    const count = 1 + node.io.random.below(plan.burstMax)
    for (let i = 0; i < count; i++) void node.send({ topic, tags: node.io.random.below(2) === 0 ? 'A' : undefined })
  }
  const consume = async (_delivered: object, { io }: ConsumerNode): Promise<void> => {
    if (io.random.below(8) === 0) await new Promise<void>((done) => io.clock.after(1 + io.random.below(300), done))
  }
  return {
    async start() {
      await cluster.createTopic(topic)
      for (let i = 0; i < plan.producers; i++)
        cluster.producers.push(new ProducerNode(run, `producer-${i}`, cluster.namesrv, sendSome))
      for (let i = 0; i < plan.consumers; i++)
        cluster.consumers.push(new ConsumerNode(run, `consumer-${i}`, cluster.namesrv, { topic, group, consume }))
      await cluster.start([...cluster.producers, ...cluster.consumers])
    },
    missing: () => undelivered(run, cluster, group),
    check() {},
  }
}
