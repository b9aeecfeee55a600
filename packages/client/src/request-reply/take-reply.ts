import { parseAddress } from '@mq/io'
import {
  MessageProperty,
  propertyOf,
  recordByteLength,
  replyMessageRequest,
  ResponseCode,
  writeRecord,
  type Answer,
  type HostAddress,
  type ReceivedCommand,
} from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { ReceivedMessage } from '../received-message.js'

/** A broker pushes a reply (326). One that nobody waits for any more is answered like others: there is nothing to do about it. */
export function takeReply(instance: ClientInstance, request: ReceivedCommand): Answer {
  const header = replyMessageRequest.decode(request.extFields)
  const correlationId = propertyOf(header.properties ?? '', MessageProperty.CORRELATION_ID) ?? ''
  const waiting = instance.replies.get(correlationId)
  if (waiting) waiting(replyOf(header, request.body ?? new Uint8Array(0)))
  else instance.logger.debug({ correlationId }, 'a reply came that nobody waits for (any more)')
  return { code: ResponseCode.SUCCESS }
}

/** The reply as the record it would be in a broker's log, which is what a received message reads. */
function replyOf(header: ReturnType<typeof replyMessageRequest.decode>, body: Uint8Array): ReceivedMessage {
  const { topic, properties = '' } = header
  const bornHost = hostOf(header.bornHost)
  const storeHost = hostOf(header.storeHost)
  const record = Buffer.alloc(
    recordByteLength({
      bornHost,
      storeHost,
      topicBytes: Buffer.byteLength(topic),
      bodyBytes: body.length,
      propertiesBytes: Buffer.byteLength(properties),
    }),
  )
  writeRecord(record, 0, {
    queueId: header.queueId,
    flag: header.flag,
    queueOffset: 0,
    commitLogOffset: 0,
    sysFlag: header.sysFlag,
    bornTimestamp: header.bornTimestamp,
    bornHost,
    storeTimestamp: header.storeTimestamp,
    storeHost,
    reconsumeTimes: header.reconsumeTimes ?? 0,
    preparedTransactionOffset: 0,
    body,
    topic,
    properties,
  })
  return new ReceivedMessage(record, 0)
}

/** 4.x brokers write `/ip:port`, 5.x ones `ip:port`. */
const hostOf = (text: string): HostAddress => parseAddress(text.replace(/^.*\//, ''))
