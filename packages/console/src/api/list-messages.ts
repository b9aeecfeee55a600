import * as v from 'valibot'
import type { Route } from '../http/route.js'
import { readMessages } from '../messages/read-messages.js'
import { checked, queryObject, topicName, wholeNumberText } from './inputs.js'

const inputs = v.object({
  broker: v.optional(v.string()),
  queueId: v.optional(wholeNumberText(0, 65_535)),
  offset: v.optional(
    v.union(
      [v.literal('latest'), wholeNumberText(0, Number.MAX_SAFE_INTEGER)],
      "must be 'latest' or a whole number from 0",
    ),
    'latest',
  ),
  count: v.optional(wholeNumberText(1, 100), '20'),
})

/** The newest messages of a topic, or those of one queue from an offset on. */
export const listMessages: Route = {
  method: 'GET',
  path: '/api/topics/:name/messages',
  answer({ backend: { source }, params, query }) {
    const { broker, queueId, offset, count } = checked(inputs, queryObject(query))
    return readMessages(source, checked(topicName, params.name), { brokerName: broker, queueId, offset, count })
  },
}
