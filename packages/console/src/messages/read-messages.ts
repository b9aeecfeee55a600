import type { MessageList, MessageSummary } from '../api-types.js'
import type { ClusterSource, Queue, QueueOffsets } from '../cluster-source.js'
import { badRequest, ConsoleError } from '../console-error.js'
import { atMost } from '../live/at-most.js'
import { messageSummary } from './message-view.js'

export interface MessageQuery {
  brokerName?: string
  queueId?: number
  /** `latest`: the newest ones. */
  offset: number | 'latest'
  count: number
}

const concurrency = 4
/** Answers of a broker may be short (8 messages from disk, 4.7.1), but not for ever. */
const readsMax = 20

/** Messages of one queue from an offset on, or the newest of one or of all queues; newest first. */
export async function readMessages(source: ClusterSource, topic: string, query: MessageQuery): Promise<MessageList> {
  const { offset, count } = query
  const offsets = await source.queueOffsets(topic)
  const queues = offsets.queues.filter(
    ({ brokerName, queueId }) =>
      (query.queueId ?? queueId) === queueId && (query.brokerName ?? brokerName) === brokerName,
  )
  const [only] = queues
  if (!only && (query.queueId ?? query.brokerName) !== undefined) throw queueMissing(topic, query, offsets.queues)
  if (offset !== 'latest' && queues.length > 1)
    throw badRequest(`an offset belongs to one queue, and ${topic} has ${queues.length}`, 'Add queueId and broker.')
  const outcomes = await atMost(concurrency, queues, (queue) =>
    readQueue(source, queue, offset === 'latest' ? queue.maxOffset - count : offset, count),
  )
  const failures = outcomes.flatMap(({ error }) => error ?? [])
  if (failures.length > 0 && failures.length === outcomes.length) throw failures[0]!
  const found = outcomes.flatMap(({ result }) => result?.messages ?? []).sort(newestFirst)
  return {
    messages: found.slice(0, count),
    queues: queues.map(({ brokerName, queueId, minOffset, maxOffset }) => ({
      brokerName,
      queueId,
      minOffset,
      maxOffset,
    })),
    nextOffset: queues.length === 1 ? (outcomes[0]?.result?.nextOffset ?? null) : null,
    problems: [...offsets.problems, ...failures.map(({ message }) => message)],
  }
}

async function readQueue(source: ClusterSource, queue: QueueOffsets, from: number, count: number) {
  const messages: MessageSummary[] = []
  let offset = Math.max(from, queue.minOffset)
  for (let reads = 0; reads < readsMax && messages.length < count && offset < queue.maxOffset; reads++) {
    const read = await source.readQueue(queue, offset, count - messages.length)
    // Bodies are let go here: a page of large messages must not pile up.
    messages.push(...read.messages.map(messageSummary))
    if (read.nextOffset <= offset) break
    offset = read.nextOffset
  }
  return { messages, nextOffset: offset }
}

const newestFirst = (a: MessageSummary, b: MessageSummary): number =>
  b.storeTimestamp - a.storeTimestamp || b.queueOffset - a.queueOffset

function queueMissing(topic: string, query: MessageQuery, queues: readonly Queue[]): ConsoleError {
  const asked = [
    query.queueId !== undefined && `queue ${query.queueId}`,
    query.brokerName && `broker ${query.brokerName}`,
  ]
  const there = queues.map(({ brokerName, queueId }) => `${brokerName} ${queueId}`)
  return new ConsoleError(
    'NOT_FOUND',
    `topic ${topic} has no ${asked.filter(Boolean).join(' on ')}`,
    `Its queues are: ${there.slice(0, 16).join(', ') || 'none'}.`,
  )
}
