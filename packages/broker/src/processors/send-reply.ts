import { formatAddress } from '@mq/io'
import {
  MessageProperty,
  propertyOf,
  replyMessageRequest,
  RequestCode,
  requestCommand,
  ResponseCode,
  toSendMessage,
  withProperty,
  type Answer,
  type ExtFields,
  type ReceivedCommand,
  type SendMessageHeader,
} from '@mq/protocol'
import { RemotingError, ResponseError, type Channel } from '@mq/remoting'
import type { BrokerState } from '../broker-state.js'
import { handOnReply, isHandedOn } from './hand-on-reply.js'
import type { Processor } from './processor.js'
import { checkSend, chosenQueue, requireBody } from './send-checks.js'
import { sendAnswerFields } from './send-outcome.js'

/** How long the requester has to take a reply, ms (`Broker2Client.callClient`). */
const pushTimeoutMs = 10_000

/** A reply as it came. */
interface Reply {
  request: ReceivedCommand
  header: SendMessageHeader
  queueId: number
  body: Uint8Array
  channel: Channel
}

/**
 * SEND_REPLY_MESSAGE, SEND_REPLY_MESSAGE_V2 (`ReplyMessageProcessor`, 4.7.1): hands the reply to the client that asked, and
 * stores it for those who look for it later. The answer says whether the requester took it, here or from another master.
 */
export const sendReply: Processor = async (broker, request, channel) => {
  try {
    if (broker.replies.isFull) return broker.replies.overload()
    const reply = checkedReply(broker, request, channel)
    const { clock } = broker.io
    broker.replies.enter(clock.monotonic())
    return await handOver(broker, reply).finally(() => broker.replies.leave(clock.monotonic()))
  } catch (error) {
    if (error instanceof ResponseError) {
      return { code: error.code, remark: error.message, extFields: broker.sendFields }
    }
    throw error
  }
}

function checkedReply(broker: BrokerState, request: ReceivedCommand, channel: Channel): Reply {
  const header = toSendMessage(request)
  const topic = checkSend(broker, header, channel)
  requireBody(request.body)
  return { request, header, queueId: chosenQueue(broker, header, topic), body: request.body!, channel }
}

async function handOver(broker: BrokerState, reply: Reply): Promise<Answer> {
  const [problem, stored] = await Promise.all([push(broker, reply), store(broker, reply)])
  if (problem !== undefined) {
    return { code: ResponseCode.SYSTEM_ERROR, remark: problem, extFields: stored ?? broker.sendFields }
  }
  return { code: ResponseCode.SUCCESS, extFields: stored ?? sendAnswerFields(broker, '0', reply.queueId, 0) }
}

/** What went wrong, as a sentence; undefined when the requester took the reply. */
async function push(broker: BrokerState, reply: Reply): Promise<string | undefined> {
  const clientId = propertyOf(reply.header.properties ?? '', MessageProperty.REPLY_TO_CLIENT)
  if (clientId === undefined) return `the reply has no ${MessageProperty.REPLY_TO_CLIENT}: nobody knows whose it is`
  const shown = clientId.slice(0, 255)
  let requester = broker.producers.channelOf(clientId)
  if (requester === undefined) {
    if (await handOnReply(broker, reply.request)) return undefined
    requester = broker.producers.requesterOf(clientId)
  }
  if (requester === undefined) return `requester ${shown} is not online here: no heartbeat of it as a producer has come`
  try {
    const { code, remark } = await requester.call(pushCommand(broker, reply), { timeoutMs: pushTimeoutMs })
    if (code === ResponseCode.SUCCESS) return undefined
    return `requester ${shown} did not take the reply: it answered ${code} ${(remark ?? '').slice(0, 255)}`.trimEnd()
  } catch (error) {
    if (!(error instanceof RemotingError)) throw error
    return `requester ${shown} did not take the reply: ${error.message}`
  }
}

/** PUSH_REPLY_MESSAGE_TO_CLIENT; addresses are written as Java writes them. */
function pushCommand(broker: BrokerState, { header, body, channel }: Reply) {
  const nowMs = broker.io.clock.now()
  const extFields = replyMessageRequest.encode({
    ...header,
    properties: withProperty(header.properties ?? '', MessageProperty.PUSH_REPLY_TIME, String(nowMs)),
    bornHost: `/${channel.name}`,
    storeHost: `/${formatAddress(broker.storeHost)}`,
    storeTimestamp: nowMs,
  })
  return requestCommand(RequestCode.PUSH_REPLY_MESSAGE_TO_CLIENT, extFields, body)
}

/**
 * Fields of the answer; undefined when the reply is not stored: one that was handed on is where it came from. One that
 * cannot be is lost to nobody but onlookers.
 */
function store(
  broker: BrokerState,
  { request, header, queueId, body, channel }: Reply,
): Promise<ExtFields | undefined> {
  if (!broker.config.storeReplyMessageEnable || isHandedOn(request)) return Promise.resolve(undefined)
  const result = broker.store.append({
    topic: header.topic,
    queueId,
    flag: header.flag,
    sysFlag: header.sysFlag,
    bornTimestamp: header.bornTimestamp,
    bornHost: channel.remote,
    storeHost: broker.storeHost,
    reconsumeTimes: header.reconsumeTimes ?? 0,
    preparedTransactionOffset: 0,
    body,
    properties: header.properties ?? '',
  })
  if (!result.ok) {
    broker.logger.warn({ topic: header.topic }, `a reply is not stored: ${result.message}`)
    return Promise.resolve(undefined)
  }
  broker.stats.put(header.topic, 1, body.length)
  const fields = sendAnswerFields(broker, result.messageId, queueId, result.queueOffset)
  return new Promise((resolve) =>
    broker.store.whenAcknowledged(result.endOffset, true, (status) =>
      resolve(status === 'FAILED' ? undefined : fields),
    ),
  )
}
