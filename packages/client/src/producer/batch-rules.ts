import { isRetryTopic } from '@mq/protocol'
import { ClientError } from '../errors.js'
import { checkedBodyBytes, propertiesText, type Message } from './message.js'
import type { ProducerSettings } from './producer-options.js'
import { memberOverhead } from './send-frame.js'

/** Throws `MESSAGE_INVALID` for messages that RocketMQ does not take as one batch (4.7.1, `MessageBatch.generateFromList`). */
export function checkBatch(messages: readonly Message[], settings: ProducerSettings): void {
  const refuse = (problem: string) => new ClientError('MESSAGE_INVALID', `a batch ${problem}`)
  if (messages.length === 0) throw refuse('must have at least one message')
  const { topic, waitStoreOk } = messages[0]!
  let bytes = 0
  for (const message of messages) {
    if (message.topic !== topic) throw refuse(`must be of one topic, not of '${topic}' and '${message.topic}'`)
    if (message.delayLevel) throw refuse('cannot be delayed')
    if ((message.waitStoreOk !== false) !== (waitStoreOk !== false)) throw refuse('must have one value of waitStoreOk')
    bytes += memberOverhead + checkedBodyBytes(message, settings.maxMessageBytes)
    bytes += Buffer.byteLength(propertiesText(message, '0'.repeat(32)))
  }
  if (isRetryTopic(topic)) throw refuse('cannot go to a retry topic')
  if (bytes > settings.maxMessageBytes)
    throw refuse(
      `of ${messages.length} messages has ${bytes} bytes, more than the ${settings.maxMessageBytes} a broker takes at once; split it`,
    )
}
