import {
  PushConsumer,
  type AnyHandler,
  type ConsumerEvents,
  type PushConsumerOptions,
  type ReceivedMessage,
} from '../../src/index.js'
import { FakeCluster, recordingLogger } from './fake-cluster.js'

/** A consumer of topic Orders, group CG, on a cluster of one broker; events and log lines are kept. */
export async function consuming(
  handler: AnyHandler,
  options: Partial<PushConsumerOptions> & { queues?: number; messages?: number } = {},
) {
  const { queues = 1, messages = 0, ...more } = options
  const cluster = await new FakeCluster().start(1, { Orders: queues })
  fill(cluster, 0, messages)
  const logger = recordingLogger()
  const consumer = new PushConsumer({
    ...{ ...cluster.options, logger, group: 'CG', subscriptions: { Orders: '*' }, consumeFrom: 'first', handler },
    ...more,
  })
  const events: { [Name in keyof ConsumerEvents]?: ConsumerEvents[Name][] } = {}
  const listen = <Name extends keyof ConsumerEvents>(name: Name) =>
    consumer.on(name, (event) => ((events[name] ??= [] as never) as ConsumerEvents[Name][]).push(event))
  const { sim } = cluster
  const after = (ms: number) => new Promise<void>((resolve) => sim.host('client').io.clock.after(ms, resolve))
  return { cluster, sim, broker: cluster.broker(), consumer, logger, events, listen, after }
}

/** Bodies `from` to `to - 1`, spread over the topic's queues. */
export function fill(cluster: FakeCluster, from: number, to: number, topic = 'Orders'): void {
  const queues = cluster.broker().topics.get(topic)!
  for (let i = from; i < to; i++) cluster.broker().store(topic, i % queues, Buffer.from(`${i}`), '')
}

export const bodies = (messages: readonly ReceivedMessage[]): number[] => messages.map((one) => Number(one.text()))
export const range = (to: number): number[] => Array.from({ length: to }, (_, i) => i)
