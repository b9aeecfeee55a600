import {
  decodeMessageId,
  MessageProperty,
  PullSysFlag,
  RequestCode,
  requestCommand,
  ResponseCode,
  type MessageQueue,
  type ReceivedCommand,
} from '@mq/protocol'
import { ClientError, fromResponse } from '../errors.js'
import { messagesIn } from '../consumer/messages-in.js'
import { pullFields } from '../consumer/pull-fields.js'
import type { ReceivedMessage } from '../received-message.js'
import { bodyOf, type AdminCalls } from './admin-calls.js'
import { queueAddress } from './offsets.js'
import { mastersOfTopic } from './topics.js'

/** The group in whose name tools read; brokers know it from the start. */
const toolsGroup = 'TOOLS_CONSUMER'

export interface PulledMessages {
  status: 'FOUND' | 'NO_NEW_MESSAGE' | 'NO_MATCHED_MESSAGE' | 'OFFSET_ILLEGAL'
  messages: ReceivedMessage[]
  /** Where to go on. */
  nextOffset: number
  minOffset: number
  maxOffset: number
}

const statusByCode = new Map<number, PulledMessages['status']>([
  [ResponseCode.SUCCESS, 'FOUND'],
  [ResponseCode.PULL_NOT_FOUND, 'NO_NEW_MESSAGE'],
  [ResponseCode.PULL_RETRY_IMMEDIATELY, 'NO_MATCHED_MESSAGE'],
  [ResponseCode.PULL_OFFSET_MOVED, 'OFFSET_ILLEGAL'],
])

/** Reads up to `count` messages of a queue, without a group and without waiting. */
export async function pullMessages(
  calls: AdminCalls,
  queue: MessageQueue,
  offset: number,
  count: number,
  expression = '*',
): Promise<PulledMessages> {
  const address = await queueAddress(calls, queue)
  const fields = pullFields({
    group: toolsGroup,
    queue,
    offset,
    count,
    flags: PullSysFlag.SUBSCRIPTION,
    suspendMs: 0,
    commitOffset: 0,
    expression,
  })
  const response = await calls.invoke(address, requestCommand(RequestCode.PULL_MESSAGE, fields))
  const status = statusByCode.get(response.code)
  if (status === undefined)
    throw fromResponse(response, `pull of queue ${queue.queueId} of ${queue.topic}`, { address })
  const { nextBeginOffset, minOffset, maxOffset } = response.extFields ?? {}
  return {
    status,
    messages: messagesIn(bodyOf(response), queue),
    nextOffset: Number(nextBeginOffset),
    minOffset: Number(minOffset),
    maxOffset: Number(maxOffset),
  }
}

/** The message stored under an offset message id, at the broker that the id names. Rejects with `NOT_FOUND`. */
export async function viewMessage(calls: AdminCalls, offsetMsgId: string): Promise<ReceivedMessage> {
  const { host, commitLogOffset } = decodeId(offsetMsgId)
  const address = host.host.includes(':') ? `[${host.host}]:${host.port}` : `${host.host}:${host.port}`
  const fields = { offset: String(commitLogOffset) }
  const response = await calls.invoke(address, requestCommand(RequestCode.VIEW_MESSAGE_BY_ID, fields))
  if (response.code !== ResponseCode.SUCCESS)
    throw new ClientError('NOT_FOUND', `broker ${address} has no message ${offsetMsgId}: ${response.remark ?? ''}`, {
      address,
    })
  const [message] = messagesIn(bodyOf(response))
  if (message === undefined)
    throw new ClientError('BAD_ANSWER', `broker ${address} answered without a message`, { address })
  return message
}

function decodeId(offsetMsgId: string): ReturnType<typeof decodeMessageId> {
  try {
    return decodeMessageId(offsetMsgId)
  } catch (error) {
    throw new ClientError('MESSAGE_INVALID', (error as Error).message, {}, { cause: error })
  }
}

export interface KeyQuery {
  topic: string
  /** A key, or with `unique` the id that the producer gave. */
  key: string
  unique?: boolean
  /** Default 32. */
  maxMessages?: number
  /** Store time, ms. Default: from the beginning. */
  beginMs?: number
  /** Default: to the end. */
  endMs?: number
}

/** Messages by key, newest first, over all brokers of the topic. */
export async function queryMessages(calls: AdminCalls, query: KeyQuery): Promise<ReceivedMessage[]> {
  const fields = {
    topic: query.topic,
    key: query.key,
    maxNum: String(query.maxMessages ?? 32),
    beginTimestamp: String(query.beginMs ?? 0),
    endTimestamp: String(query.endMs ?? Number.MAX_SAFE_INTEGER),
    _UNIQUE_KEY_QUERY: String(query.unique ?? false),
  }
  const addresses = await mastersOfTopic(calls, query.topic)
  const request = () => requestCommand(RequestCode.QUERY_MESSAGE, fields)
  const answers = await Promise.all(addresses.map((address) => calls.invoke(address, request(), { timeoutMs: 18_000 })))
  const found = answers.flatMap((answer, i) => matching(answer, query, addresses[i]!))
  return found.sort((a, b) => b.storeTimestamp - a.storeTimestamp)
}

function matching(answer: ReceivedCommand, query: KeyQuery, address: string): ReceivedMessage[] {
  if (answer.code === ResponseCode.QUERY_NOT_FOUND) return []
  if (answer.code !== ResponseCode.SUCCESS) throw fromResponse(answer, `query of ${query.topic}`, { address })
  // The index knows hashes: others with the same hash come along.
  return messagesIn(bodyOf(answer)).filter((message) =>
    query.unique ? message.property(MessageProperty.UNIQ_KEY) === query.key : message.keys.includes(query.key),
  )
}
