import { MessageProperty, RequestCode } from '@mq/protocol'
import { ClientError } from '../errors.js'
import type { Envelope } from '../producer/envelope.js'
import type { Message } from '../producer/message.js'
import type { ReceivedMessage } from '../received-message.js'

/** What to reply: a body, or a body with tags, keys and properties. */
export type Reply = Message['body'] | Pick<Message, 'body' | 'tags' | 'keys' | 'properties' | 'flag'>

const { CLUSTER, CORRELATION_ID, REPLY_TO_CLIENT, TTL, MESSAGE_TYPE } = MessageProperty

/** The topic through which the replies of a cluster go (`MixAll.getReplyTopic`). */
export const replyTopic = (cluster: string): string => `${cluster}_REPLY_TOPIC`

/** Throws `MESSAGE_INVALID` when the message is no request. */
export function replyMessage(request: ReceivedMessage, reply: Reply): Message {
  const topic = replyTopic(needed(request, CLUSTER, 'its broker did not note its cluster'))
  return typeof reply === 'string' || reply instanceof Uint8Array ? { topic, body: reply } : { ...reply, topic }
}

/** Throws `MESSAGE_INVALID` when the message is no request. */
export function replyEnvelope(request: ReceivedMessage): Envelope {
  const why = 'it was not sent by request()'
  const properties: Record<string, string> = {
    [MESSAGE_TYPE]: 'reply',
    [CORRELATION_ID]: needed(request, CORRELATION_ID, why),
    [REPLY_TO_CLIENT]: needed(request, REPLY_TO_CLIENT, why),
  }
  const ttl = request.property(TTL)
  if (ttl !== undefined) properties[TTL] = ttl
  return { properties, alone: true, requestCode: RequestCode.SEND_REPLY_MESSAGE_V2 }
}

function needed(request: ReceivedMessage, name: string, why: string): string {
  const value = request.property(name)
  if (value !== undefined) return value
  const problem = `message ${request.msgId} of ${request.topic} cannot be replied to: it has no property ${name}, so ${why}`
  throw new ClientError('MESSAGE_INVALID', problem, { topic: request.topic })
}
