import { recordSize, type MessageQueue } from '@mq/protocol'
import { ReceivedMessage } from '../received-message.js'

/**
 * The messages of an answer's body. A record that cannot be read is told and stepped over, where Java drops all that
 * follow it.
 */
export function messagesIn(
  body: Uint8Array,
  queue?: MessageQueue,
  onUnreadable: (error: Error, bytesLost: number) => void = rethrow,
  namespace?: string,
): ReceivedMessage[] {
  const messages: ReceivedMessage[] = []
  for (let at = 0; at < body.length;) {
    const size = body.length - at < 4 ? 0 : recordSize(body, at)
    const step = size > 0 ? Math.min(size, body.length - at) : body.length - at
    try {
      messages.push(new ReceivedMessage(body, at, queue, namespace))
    } catch (error) {
      onUnreadable(error as Error, step)
    }
    at += step
  }
  return messages
}

function rethrow(error: Error): never {
  throw error
}
