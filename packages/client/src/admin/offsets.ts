import { RequestCode, requestCommand, ResponseCode, type MessageQueue } from '@mq/protocol'
import { addressOf } from '../client-instance/topic-route.js'
import { ClientError, fromResponse } from '../errors.js'
import type { AdminCallOptions, AdminCalls } from './admin-calls.js'

/** The address a queue is read at: its master's, else a slave's. Rejects with `NOT_FOUND`. */
export async function queueAddress(calls: AdminCalls, queue: MessageQueue): Promise<string> {
  const route = await calls.instance.routes.forReading(queue.topic)
  const address = addressOf(route, queue.brokerName, true)
  if (address !== undefined) return address
  const there = [...route.brokers.keys()].join(', ')
  throw new ClientError('NOT_FOUND', `topic ${queue.topic} is not on broker ${queue.brokerName}, but on ${there}`)
}

const ofQueue = ({ topic, queueId }: MessageQueue) => ({ topic, queueId: String(queueId) })

async function askOffset(
  calls: AdminCalls,
  queue: MessageQueue,
  code: number,
  what: string,
  more: Record<string, string> = {},
  options?: AdminCallOptions,
): Promise<number> {
  const address = await queueAddress(calls, queue)
  const named = `${what} of queue ${queue.queueId} of ${queue.topic} on ${queue.brokerName}`
  const response = await calls.broker(address, code, named, { ...ofQueue(queue), ...more }, undefined, options)
  return Number(response.extFields?.offset ?? response.extFields?.timestamp ?? Number.NaN)
}

/** First offset that can be read; -1 for a queue never written. */
export const minOffset = (calls: AdminCalls, queue: MessageQueue, options?: AdminCallOptions): Promise<number> =>
  askOffset(calls, queue, RequestCode.GET_MIN_OFFSET, 'min offset', {}, options)

/** The offset the next message gets. */
export const maxOffset = (calls: AdminCalls, queue: MessageQueue, options?: AdminCallOptions): Promise<number> =>
  askOffset(calls, queue, RequestCode.GET_MAX_OFFSET, 'max offset', {}, options)

/** Offset by store time. 4.x: the nearer neighbour; 5.x: the first message not older. */
export const searchOffset = (
  calls: AdminCalls,
  queue: MessageQueue,
  timestampMs: number,
  options?: AdminCallOptions,
): Promise<number> =>
  askOffset(
    calls,
    queue,
    RequestCode.SEARCH_OFFSET_BY_TIMESTAMP,
    'search offset',
    { timestamp: String(timestampMs) },
    options,
  )

/** Store time of the first message still there, ms; -1 when there is none. */
export const earliestStoreTime = (calls: AdminCalls, queue: MessageQueue): Promise<number> =>
  askOffset(calls, queue, RequestCode.GET_EARLIEST_MSG_STORETIME, 'earliest store time')

/** The offset a group has committed; undefined when it has committed none. */
export async function consumerOffset(
  calls: AdminCalls,
  group: string,
  queue: MessageQueue,
): Promise<number | undefined> {
  const address = await queueAddress(calls, queue)
  const request = requestCommand(RequestCode.QUERY_CONSUMER_OFFSET, { consumerGroup: group, ...ofQueue(queue) })
  const response = await calls.invoke(address, request)
  if (response.code === ResponseCode.QUERY_NOT_FOUND) return undefined
  if (response.code !== ResponseCode.SUCCESS)
    throw fromResponse(response, `offset of group ${group}`, { address, group })
  return Number(response.extFields?.offset)
}

/** Commits an offset in a group's name. While consumers of the group are online they overwrite it: see `resetOffset`. */
export async function updateConsumerOffset(
  calls: AdminCalls,
  group: string,
  queue: MessageQueue,
  offset: number,
): Promise<void> {
  const fields = { consumerGroup: group, ...ofQueue(queue), commitOffset: String(offset) }
  const address = await queueAddress(calls, queue)
  await calls.broker(address, RequestCode.UPDATE_CONSUMER_OFFSET, `offset of group ${group}`, fields)
}
