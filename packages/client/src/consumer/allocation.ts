import type { MessageQueue } from '@mq/protocol'
import { createHash } from 'node:crypto'
import { queueKey } from '../client-instance/topic-route.js'

/**
 * Which of a topic's queues a member of the group gets. All members compute it by themselves, so for the same sorted
 * `clientIds` and `queues` each must come to the same result.
 */
export interface AllocationStrategy {
  readonly name: string
  allocate(clientId: string, clientIds: readonly string[], queues: readonly MessageQueue[]): MessageQueue[]
}

/** Consecutive queues, shares that differ by one at most (`AllocateMessageQueueAveragely`). */
export const averageStrategy: AllocationStrategy = {
  name: 'AVG',
  allocate(clientId, clientIds, queues) {
    const index = clientIds.indexOf(clientId)
    const share = Math.floor(queues.length / clientIds.length)
    const remainder = queues.length % clientIds.length
    const start = index * share + Math.min(index, remainder)
    return queues.slice(start, start + share + (index < remainder ? 1 : 0))
  },
}

/** Every n-th queue (`AllocateMessageQueueAveragelyByCircle`). */
export const circleStrategy: AllocationStrategy = {
  name: 'AVG_BY_CIRCLE',
  allocate(clientId, clientIds, queues) {
    const index = clientIds.indexOf(clientId)
    return queues.filter((_, i) => i % clientIds.length === index)
  },
}

/** Always the same queues, whoever else is there (`AllocateMessageQueueByConfig`). All members together must name each queue once. */
export const configuredStrategy = (own: readonly MessageQueue[]): AllocationStrategy => ({
  name: 'CONFIG',
  allocate: (_clientId, _clientIds, queues) => {
    const keys = new Set(own.map(queueKey))
    return queues.filter((queue) => keys.has(queueKey(queue)))
  },
})

/**
 * Only queues of brokers in these rooms, their names being `room@name` (`AllocateMessageQueueByMachineRoom`, as corrected
 * in 5.3.3: 4.7.1 takes the first part of a share from all rooms).
 */
export const machineRoomStrategy = (rooms: readonly string[]): AllocationStrategy => ({
  name: 'MACHINE_ROOM',
  allocate(clientId, clientIds, queues) {
    const near = queues.filter(({ brokerName }) => {
      const parts = brokerName.split('@')
      return parts.length === 2 && rooms.includes(parts[0]!)
    })
    const index = clientIds.indexOf(clientId)
    const share = Math.floor(near.length / clientIds.length)
    const extra = near[index + share * clientIds.length]
    return [...near.slice(share * index, share * (index + 1)), ...(extra === undefined ? [] : [extra])]
  },
})

const virtualNodes = 10

/** Each queue goes to the next member on a ring, so that few queues move when a member comes or goes (`CONSISTENT_HASH`). */
export const consistentHashStrategy: AllocationStrategy = {
  name: 'CONSISTENT_HASH',
  allocate(clientId, clientIds, queues) {
    const ring = clientIds
      .flatMap((id) => Array.from({ length: virtualNodes }, (_, i) => ({ id, at: ringPosition(`${id}-${i}`) })))
      .sort((a, b) => a.at - b.at)
    return queues.filter((queue) => {
      const at = ringPosition(ringName(queue))
      return (ring.find((node) => node.at >= at) ?? ring[0]!).id === clientId
    })
  },
}

/** The ring's names are Java's, so that Java members of the group agree (`ConsistentHashRouter`, `MessageQueue.toString`). */
const ringName = ({ topic, brokerName, queueId }: MessageQueue): string =>
  `MessageQueue [topic=${topic}, brokerName=${brokerName}, queueId=${queueId}]`

/** First four bytes of the MD5, as in Java. */
const ringPosition = (name: string): number => createHash('md5').update(name).digest().readUInt32BE(0)
