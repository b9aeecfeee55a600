import { checkTransactionStateRequest, MessageProperty, type ReceivedCommand } from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { ReceivedMessage } from '../received-message.js'

/**
 * A broker asks how a transaction ended (39): a producer of the message's group answers. Nobody does when no such producer
 * lives here; the broker asks again, somebody else perhaps.
 */
export function passTransactionCheck(instance: ClientInstance, request: ReceivedCommand, address: string): void {
  const check = checkTransactionStateRequest.decode(request.extFields)
  const message = halfMessage(request.body ?? new Uint8Array(0))
  const group = message.property(MessageProperty.PRODUCER_GROUP) ?? ''
  for (const producer of instance.producers.get(group) ?? []) {
    if (producer.checkTransaction) return producer.checkTransaction(message, check, address)
  }
  instance.logger.warn(
    { group, address, msgId: check.msgId },
    `${address} asks about a transaction of group '${group}', of which no transaction producer lives here`,
  )
}

/** The namespace its producer wrote before its topic is not for the application to see. */
function halfMessage(record: Uint8Array): ReceivedMessage {
  const message = new ReceivedMessage(record, 0)
  const namespace = message.property(MessageProperty.INSTANCE_ID)
  return namespace === undefined ? message : new ReceivedMessage(record, 0, undefined, namespace)
}
