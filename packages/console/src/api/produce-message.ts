import * as v from 'valibot'
import type { ProduceRequest } from '../api-types.js'
import { badRequest } from '../console-error.js'
import type { Route } from '../http/route.js'
import { checked, topicName, wholeNumber } from './inputs.js'

/** The largest body a broker takes by default. */
const messageBytesMax = 4 * 1024 * 1024

const inputs = v.strictObject({
  body: v.string('must be text'),
  encoding: v.optional(v.picklist(['text', 'base64'], "must be 'text' or 'base64'"), 'text'),
  tags: v.optional(v.string('must be text')),
  keys: v.optional(v.array(v.string('must be text'), 'must be a list of texts')),
  properties: v.optional(v.record(v.string(), v.string('must be text'), 'must be an object of texts')),
  delayLevel: v.optional(wholeNumber(0, 100)),
  brokerName: v.optional(v.string('must be text')),
  queueId: v.optional(wholeNumber(0, 65_535)),
}) satisfies v.GenericSchema<ProduceRequest, unknown>

export const produceMessage: Route = {
  method: 'POST',
  path: '/api/topics/:name/messages',
  // JSON may write a byte as six characters (\u0000).
  bodyBytesMax: 6 * messageBytesMax + 64 * 1024,
  answer({ backend: { source }, params, body: input }) {
    const topic = checked(topicName, params.name)
    const { body, encoding, brokerName, queueId, ...rest } = checked(inputs, input)
    if ((brokerName === undefined) !== (queueId === undefined))
      throw badRequest('brokerName and queueId name a queue together', 'Give both or neither.')
    const queue = brokerName !== undefined && queueId !== undefined ? { topic, brokerName, queueId } : undefined
    return source.send({ topic, body: bytesOf(body, encoding), ...rest, queue })
  },
}

function bytesOf(body: string, encoding: 'text' | 'base64'): Uint8Array {
  // Buffer.from leaves out what it does not know.
  if (encoding === 'base64' && !/^[A-Za-z0-9+/]*={0,2}$/.test(body))
    throw badRequest('the body is not base64', "Encode it, or send it with encoding 'text'.")
  const bytes = Buffer.from(body, encoding === 'base64' ? 'base64' : 'utf8')
  if (bytes.length <= messageBytesMax) return bytes
  throw badRequest(
    `the body has ${bytes.length} bytes, the most is ${messageBytesMax}`,
    'Send less, or a reference to it.',
  )
}
