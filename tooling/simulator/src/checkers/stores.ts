import { type MessageRecord, recordsIn, TopicName } from '@mq/protocol'
import type { MessageStore } from '@mq/store'
import type { BrokerNode } from '../cluster/broker-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'
import { idOf, placeName, placeOf, queueName, type Sent } from '../history.js'
import { mayReuseOffsets, promised } from './promised.js'

/** Everything a broker has, by `topic/queue` and offset. */
export type StoredQueues = Map<string, Map<number, MessageRecord>>

/** Reads all queues of all brokers, and looks whether what was promised is there, and nothing else. */
export async function checkStores(run: Run, cluster: Cluster): Promise<void> {
  for (const node of cluster.brokers) {
    if (!node.up) continue
    const stored = await readAll(run, node)
    noLoss(run, cluster, node, stored)
    noneInvented(run, node, stored)
  }
  queueOrder(run, cluster)
}

async function readAll(run: Run, { name, store }: BrokerNode): Promise<StoredQueues> {
  const all: StoredQueues = new Map()
  for (const [topic, ids] of store!.queues()) {
    for (const id of ids) {
      const records = await readQueue(run, name, store!, topic, id)
      all.set(`${topic}/${id}`, records)
    }
  }
  return all
}

/** Every offset from the first to the last holds exactly one message, which says so itself. */
async function readQueue(
  run: Run,
  broker: string,
  store: MessageStore,
  topic: string,
  queueId: number,
): Promise<Map<number, MessageRecord>> {
  const records = new Map<number, MessageRecord>()
  const damaged = run.history.damagedPlaces()
  const isDamaged = (queueOffset: number): boolean =>
    damaged.has(placeName({ queue: { topic, brokerName: broker, queueId }, queueOffset }))
  const maxOffset = store.maxOffset(topic, queueId)
  let next = Math.max(0, store.minOffset(topic, queueId))
  while (next < maxOffset) {
    const result = await store.get({ topic, queueId, queueOffset: next, maxMessages: 1000 })
    const found = result.pieces.flatMap((piece) => [...recordsIn(piece)])
    if (found.length === 0 && isDamaged(next)) {
      next++
      continue
    }
    if (found.length === 0) {
      run.violate(
        'dense-offsets',
        `${broker}: ${topic}/${queueId} has nothing at ${next} of ${maxOffset}: ${result.status}`,
      )
      break
    }
    for (const record of found) {
      while (isDamaged(next) && record.queueOffset > next) next++
      if (record.queueOffset !== next || record.topic !== topic || record.queueId !== queueId) {
        const says = `${record.topic}/${record.queueId}/${record.queueOffset}`
        run.violate('dense-offsets', `${broker}: what is at ${topic}/${queueId}/${next} says it is ${says}`)
      }
      records.set(next, record)
      next++
    }
  }
  return records
}

/** A promised message is where its acknowledgement said. */
function noLoss(run: Run, cluster: Cluster, { name }: BrokerNode, stored: StoredQueues): void {
  for (const sent of promised(run, cluster)) {
    const { queue, queueOffset } = placeOf(sent)
    if (queue.brokerName !== name) continue
    const record = stored.get(`${queue.topic}/${queue.queueId}`)?.get(queueOffset)
    if (record && Buffer.from(record.body).toString() === sent.body) continue
    const there = record ? `there is ${idOf(record.body)}` : 'there is nothing'
    run.violate('no-loss', `${sent.id} was acknowledged at ${queueName(queue)}/${queueOffset}, where ${there}`)
  }
}

/** What is stored was sent, to the byte. */
function noneInvented(run: Run, { name }: BrokerNode, stored: StoredQueues): void {
  for (const [queue, records] of stored)
    for (const record of records.values()) {
      // A broker's own notes about half messages.
      if (record.topic === TopicName.TRANSACTION_OP_HALF) continue
      const sent = run.history.sent.get(idOf(record.body))
      if (sent?.body === Buffer.from(record.body).toString()) continue
      run.violate(
        'none-invented',
        `${name}/${queue}/${record.queueOffset} holds what nobody sent: ${idOf(record.body)}`,
      )
    }
}

/** Of two messages of a queue, the one sent after the other was acknowledged has the higher offset. */
function queueOrder(run: Run, cluster: Cluster): void {
  const queues = new Map<string, Sent[]>()
  for (const sent of promised(run, cluster)) {
    const { queue } = placeOf(sent)
    if (mayReuseOffsets(run, cluster, queue.brokerName)) continue
    const name = queueName(queue)
    queues.set(name, [...(queues.get(name) ?? []), sent])
  }
  for (const [name, all] of queues) {
    let first: Sent | undefined
    for (const sent of all.sort((a, b) => b.result!.queueOffset - a.result!.queueOffset)) {
      if (first && sent.sentMs > first.settledMs)
        run.violate(
          'queue-order',
          `${name}: ${sent.id} was sent after ${first.id} was acknowledged, and lies before it`,
        )
      if (!first || sent.settledMs < first.settledMs) first = sent
    }
  }
}
