import type { Message } from '../producer/message.js'
import type { SendResult } from '../producer/send-result.js'
import { sendEnd, sendStart, type SendEvent } from './channels.js'

/** Tells those who watch of a send, and sends the message with the properties they add. */
export async function observeSend(
  group: string,
  message: Message,
  send: (message: Message) => Promise<SendResult>,
): Promise<SendResult> {
  const event: SendEvent = { group, message, properties: {} }
  sendStart.publish(event)
  const properties = { ...message.properties, ...event.properties }
  try {
    event.result = await send({ ...message, properties })
    return event.result
  } catch (error) {
    event.error = error
    throw error
  } finally {
    sendEnd.publish(event)
  }
}
