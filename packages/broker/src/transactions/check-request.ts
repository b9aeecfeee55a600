import {
  checkTransactionStateRequest,
  MessageProperty,
  propertyOf,
  recordByteLength,
  RequestCode,
  requestCommand,
  writeRecord,
  type MessageRecord,
  type RemotingCommand,
} from '@mq/protocol'
import type { AppendResult, MessageToStore } from '@mq/store'

/**
 * CHECK_TRANSACTION_STATE: asks a producer how a transaction ended (`sendCheckMessage`, 4.7.1). It carries the half message
 * as a record of its own topic, at the place of the copy: that is what the producer is to end.
 */
export function checkRequest(
  half: MessageRecord,
  copy: { message: MessageToStore & { properties: string }; appended: Extract<AppendResult, { ok: true }> },
  to: { topic: string; queueId: number },
): RemotingCommand {
  const { appended, message } = copy
  const uniqKey = propertyOf(half.properties, MessageProperty.UNIQ_KEY)
  const extFields = checkTransactionStateRequest.encode({
    tranStateTableOffset: appended.queueOffset,
    commitLogOffset: appended.commitLogOffset,
    msgId: uniqKey,
    transactionId: uniqKey,
    offsetMsgId: appended.messageId,
  })
  const parts = {
    ...half,
    ...to,
    queueOffset: appended.queueOffset,
    commitLogOffset: appended.commitLogOffset,
    properties: message.properties,
  }
  const size = recordByteLength({
    ...parts,
    topicBytes: Buffer.byteLength(to.topic),
    bodyBytes: half.body.length,
    propertiesBytes: Buffer.byteLength(message.properties),
  })
  const body = Buffer.allocUnsafe(size)
  writeRecord(body, 0, parts)
  return requestCommand(RequestCode.CHECK_TRANSACTION_STATE, extFields, body)
}
