import {
  AclField,
  consumeMessageDirectlyRequest,
  consumerRunningInfoRequest,
  decodeMessageId,
  MQVersion,
  requestCommand,
  ResponseCode,
  type Answer,
  type ExtFields,
  type ReceivedCommand,
} from '@mq/protocol'
import { RemotingError } from '@mq/remoting'
import { refusal } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import type { Processor } from './processor.js'

/** How long a consumer has for its answer, ms. */
const callTimeoutMs = 10_000

/** GET_CONSUMER_RUNNING_INFO: asks the consumer itself and hands its answer on. */
export const consumerRunningInfo: Processor = (broker, request) => {
  const { consumerGroup, clientId } = consumerRunningInfoRequest.decode(request.extFields)
  return callConsumer(broker, request, { group: consumerGroup, clientId, extFields: unsigned(request) })
}

/** CONSUME_MESSAGE_DIRECTLY: gives a consumer one message to handle now, and hands its result on. */
export const consumeMessageDirectly: Processor = async (broker, request) => {
  const { consumerGroup, clientId, msgId } = consumeMessageDirectlyRequest.decode(request.extFields)
  requireOnline(broker, consumerGroup, clientId ?? '')
  const { commitLogOffset } = decodeMessageId(msgId ?? '')
  const record = await broker.store.recordAt(commitLogOffset)
  if (record === undefined) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `no message is at commit log offset ${commitLogOffset}, where ${msgId} points`,
    )
  }
  const extFields = { ...unsigned(request), brokerName: broker.config.brokerName }
  return callConsumer(broker, request, { group: consumerGroup, clientId: clientId ?? '', extFields, body: record })
}

/** Who asks, and with which token, is not for the consumer to see. */
function unsigned({ extFields = {} }: ReceivedCommand): ExtFields {
  const signing = new Set<string>(Object.values(AclField))
  return Object.fromEntries(Object.entries(extFields).filter(([name]) => !signing.has(name)))
}

function requireOnline(broker: BrokerState, group: string, clientId: string) {
  const client = broker.consumers.find(group, clientId)
  if (client === undefined) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `consumer ${clientId.slice(0, 255)} of group ${group.slice(0, 255)} is not online`,
    )
  }
  if (client.version < MQVersion.V3_1_8_SNAPSHOT) {
    throw refusal(ResponseCode.SYSTEM_ERROR, `consumer ${clientId} is too old to be asked: it needs version 3.1.8`)
  }
  return client
}

async function callConsumer(
  broker: BrokerState,
  request: ReceivedCommand,
  to: { group: string; clientId: string; extFields: ExtFields; body?: Uint8Array },
): Promise<Answer> {
  const { channel } = requireOnline(broker, to.group, to.clientId)
  try {
    const command = requestCommand(request.code, to.extFields, to.body)
    const { code, remark, body } = await channel.call(command, { timeoutMs: callTimeoutMs })
    return { code, remark, body }
  } catch (error) {
    if (!(error instanceof RemotingError)) throw error
    const code = error.code === 'TIMEOUT' ? ResponseCode.CONSUME_MSG_TIMEOUT : ResponseCode.SYSTEM_ERROR
    throw refusal(code, `consumer ${to.clientId} of group ${to.group} did not answer: ${error.message}`)
  }
}
