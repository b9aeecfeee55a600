import { decodeRecord, type MessageRecord, recordsIn } from '@mq/protocol'
import type { MessageStore } from '@mq/store'
import type { BrokerNode } from '../cluster/broker-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'
import { promised } from './promised.js'

/** Everything a broker has, by `topic/queue`. */
export type StoredQueues = Map<string, MessageRecord[]>

/** Reads all queues of all brokers, and looks whether what was promised is there, and nothing else. */
export async function checkStores(run: Run, cluster: Cluster): Promise<void> {
  for (const node of cluster.brokers) {
    if (!node.up) continue
    const stored = await readAll(run, node)
    noLoss(run, cluster, node, stored)
    noneInvented(run, node, stored)
  }
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
async function readQueue(run: Run, broker: string, store: MessageStore, topic: string, queueId: number): Promise<MessageRecord[]> {
  const records: MessageRecord[] = []
  const maxOffset = store.maxOffset(topic, queueId)
  let next = Math.max(0, store.minOffset(topic, queueId))
  while (next < maxOffset) {
    const result = await store.get({ topic, queueId, queueOffset: next, maxMessages: 1000 })
    const found = result.pieces.flatMap((piece) => [...recordsIn(piece)])
    if (found.length === 0) {
      run.violate('dense-offsets', `${broker}: ${topic}/${queueId} has nothing at ${next} of ${maxOffset}: ${result.status}`)
      break
    }
    for (const record of found) {
      if (record.queueOffset !== next || record.topic !== topic || record.queueId !== queueId) {
        const says = `${record.topic}/${record.queueId}/${record.queueOffset}`
        run.violate('dense-offsets', `${broker}: what is at ${topic}/${queueId}/${next} says it is ${says}`)
      }
      records.push(decodeRecord(store === undefined ? new Uint8Array() : copyOf(found, record)))
      next++
    }
  }
  return records
}
