import * as v from 'valibot'
import type { MessageDetail } from '../api-types.js'
import { ConsoleError } from '../console-error.js'
import type { Route } from '../http/route.js'
import { messageDetail } from '../messages/message-view.js'
import { checked, topicName, wholeNumberText } from './inputs.js'

const inputs = v.object({
  topic: topicName,
  broker: v.pipe(v.string(), v.minLength(1, 'must name a broker')),
  queueId: wholeNumberText(0, 65_535),
  offset: wholeNumberText(0, Number.MAX_SAFE_INTEGER),
})

/** One message with its body, by its place. */
export const getMessage: Route = {
  method: 'GET',
  path: '/api/topics/:topic/messages/:broker/:queueId/:offset',
  async answer({ backend: { source }, params }): Promise<MessageDetail> {
    const { topic, broker, queueId, offset } = checked(inputs, { ...params })
    const { messages } = await source.readQueue({ topic, brokerName: broker, queueId }, offset, 1)
    const message = messages.find(({ queueOffset }) => queueOffset === offset)
    if (message) return messageDetail(message)
    throw new ConsoleError(
      'NOT_FOUND',
      `queue ${queueId} of ${topic} on ${broker} has no message at offset ${offset}`,
      'It may have been deleted with an old commit log file: look at the list again.',
    )
  },
}
