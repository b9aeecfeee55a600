import type { ConsumeOutcome, MessageQueue } from '@mq/client'
import { checkOrder } from '../checkers/order.js'
import { undelivered } from '../checkers/undelivered.js'
import { ConsumerNode } from '../clients/consumer-node.js'
import { ProducerNode } from '../clients/producer-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Delivered } from '../history.js'
import type { Run } from '../run.js'
import type { Workload } from './workload.js'

const topic = 'Ordered'
const group = 'OrderedGroup'
/** Keys of each producer. */
const keys = 5

/** Messages of a key go to one queue, one after the other, and are consumed in order by members that come and go. */
export function orderWorkload(run: Run, cluster: Cluster): Workload {
  /** The last send of a key. */
  const sends = new Map<string, Promise<unknown>>()

  const sendSome = (node: ProducerNode): void => {
    const count = 1 + node.io.random.below(Math.min(4, run.plan.burstMax))
    for (let i = 0; i < count; i++) {
      const number = node.io.random.below(keys)
      const key = `${node.name}/${node.lives.length}/${number}`
      const selector = (queues: readonly MessageQueue[]) => queues[number % queues.length]
      const send = () => node.send({ topic }, {}, { selector })
      sends.set(key, (sends.get(key) ?? Promise.resolve()).then(send))
    }
  }

  const consume = async (_delivered: Delivered, { io }: ConsumerNode): Promise<ConsumeOutcome> => {
    if (io.random.below(8) === 0) await new Promise<void>((done) => io.clock.after(1 + io.random.below(200), done))
    return io.random.below(50) === 0 ? 'later' : 'success'
  }

  const addConsumer = (name: string): ConsumerNode => {
    const options = { ordered: true, suspendMs: 200 }
    const node = new ConsumerNode(run, name, cluster.namesrv, { topic, group, consume, options })
    cluster.consumers.push(node)
    return node
  }

  return {
    async start() {
      await cluster.createTopic(topic)
      for (let i = 0; i < run.plan.producers; i++)
        cluster.producers.push(new ProducerNode(run, `producer-${i}`, cluster.namesrv, sendSome))
      for (let i = 0; i < run.plan.consumers; i++) addConsumer(`consumer-${i}`)
      await cluster.start([...cluster.producers, ...cluster.consumers])
      void joinLater(run, addConsumer)
      if (run.plan.faults.includes('kill-client')) void dieForLong(run, cluster)
    },
    missing: () => undelivered(run, cluster, group, (sent) => sent.topic === topic),
    check: () => checkOrder(run, cluster, group),
  }
}

/** Another member comes, and takes its share. */
async function joinLater(run: Run, addConsumer: (name: string) => ConsumerNode): Promise<void> {
  await run.sleep(run.between(1, run.plan.stormMs))
  await addConsumer('latecomer').live()
}

/** A member dies with its locks, and is not back before they have expired. */
async function dieForLong(run: Run, cluster: Cluster): Promise<void> {
  await run.sleep(run.between(1, run.plan.stormMs))
  const node = run.pick(cluster.consumers)
  node.downMs = run.between(61_000, 90_000)
  const disturbance = { fromMs: run.nowMs, toMs: run.nowMs }
  run.history.disturbances.push(disturbance)
  node.kill('kill', ', for more than a minute')
}
