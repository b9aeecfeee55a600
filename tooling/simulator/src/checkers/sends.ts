import type { ProducerNode } from '../clients/producer-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'

const topic = 'Healed'
const timeout = 10_000

/** When everything is healed, every producer can send to every broker. */
export async function checkSends(run: Run, cluster: Cluster): Promise<void> {
  const up = cluster.brokers.filter((broker) => broker.up)
  await Promise.all(
    cluster.producers.flatMap((producer) => up.map(({ name }) => sendTo(run, producer as ProducerNode, name))),
  )
}

async function sendTo(run: Run, producer: ProducerNode, brokerName: string): Promise<void> {
  const result = await producer.send({ topic }, {}, { queue: { topic, brokerName, queueId: 0 }, timeout })
  if (result?.status === 'SEND_OK') return
  const problem = result?.status ?? producer.lastError
  run.violate('sends-again', `${producer.name} cannot send to ${brokerName}, after all faults are over: ${problem}`)
}
