import { ConsumerNode, type ConsumerScript } from '../clients/consumer-node.js'
import { ProducerNode, type ProducerScript } from '../clients/producer-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'

/** Makes the topic, and as many producers and consumers as the plan says; resolves when all are up. */
export async function startClients(
  run: Run,
  cluster: Cluster,
  sendSome: ProducerScript,
  script: ConsumerScript,
): Promise<void> {
  const { producers, consumers } = run.plan
  await cluster.createTopic(script.topic)
  for (let i = 0; i < producers; i++)
    cluster.producers.push(new ProducerNode(run, `producer-${i}`, cluster.namesrv, sendSome))
  for (let i = 0; i < consumers; i++)
    cluster.consumers.push(new ConsumerNode(run, `consumer-${i}`, cluster.namesrv, script))
  await cluster.start([...cluster.producers, ...cluster.consumers])
}
