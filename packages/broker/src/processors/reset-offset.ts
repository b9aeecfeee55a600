import {
  consumerStatusRequest,
  decodeGetConsumerStatusBody,
  encodeGetConsumerStatusBody,
  encodeResetOffsetBody,
  encodeResetOffsetBodyForC,
  MQVersion,
  RequestCode,
  requestCommand,
  resetOffsetRequest,
  ResponseCode,
  type HeaderOf,
  type MessageQueue,
} from '@mq/protocol'
import { refusal, successWithBody } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import type { Processor } from './processor.js'
import type { Client } from '../client-channels.js'
import { notOnline } from './connections.js'
import { requireTopic } from './progress.js'

type ResetHeader = HeaderOf<typeof resetOffsetRequest>

/**
 * INVOKE_BROKER_TO_RESET_OFFSET (`Broker2Client.resetOffset`, 4.7.1): works out the offset of each queue and tells the
 * group's consumers, who store it and take up from there.
 */
export const resetOffset: Processor = async (broker, request) => {
  const header = resetOffsetRequest.decode(request.extFields)
  const offsetTable = await targets(broker, header)
  const clients = broker.consumers.clientsOf(header.group)
  if (clients.length === 0) throw refusal(ResponseCode.CONSUMER_NOT_ONLINE, notOnline(header.group))
  for (const client of clients) requireRecent(client)
  // mqadmin's -c: all consumers of the group are C++ ones.
  const encode = request.language === 'CPP' ? encodeResetOffsetBodyForC : encodeResetOffsetBody
  const { topic, group, timestamp } = header
  const extFields = { topic, group, timestamp: String(timestamp), isForce: 'false' }
  for (const { channel } of clients) {
    channel.send(requestCommand(RequestCode.RESET_CONSUMER_CLIENT_OFFSET, extFields, encode({ offsetTable })))
  }
  return successWithBody(encodeResetOffsetBody({ offsetTable }))
}

async function targets(broker: BrokerState, header: ResetHeader): Promise<Map<MessageQueue, number>> {
  const { topic, group } = header
  const { writeQueueNums } = requireTopic(broker, topic, ResponseCode.SYSTEM_ERROR)
  const offsets = new Map<MessageQueue, number>()
  for (let queueId = 0; queueId < writeQueueNums; queueId++) {
    const committed = broker.offsets.get(topic, group, queueId)
    if (committed === undefined) {
      throw refusal(
        ResponseCode.SYSTEM_ERROR,
        `consumer group ${group.slice(0, 255)} has no offset for ${topic} queue ${queueId}: it has not consumed this topic`,
      )
    }
    const target = await targetOf(broker, topic, queueId, header.timestamp)
    const offset = header.isForce || target < committed ? target : committed
    offsets.set({ topic, brokerName: broker.config.brokerName, queueId }, offset)
  }
  return offsets
}

/** -1 is the end of the queue; other times are searched for. */
const targetOf = async (broker: BrokerState, topic: string, queueId: number, timestamp: number): Promise<number> =>
  timestamp === -1
    ? broker.store.maxOffset(topic, queueId)
    : Math.max(0, await broker.store.offsetByTime(topic, queueId, timestamp))

function requireRecent({ clientId, version }: Client): void {
  if (version >= MQVersion.V3_0_7_SNAPSHOT) return
  throw refusal(ResponseCode.SYSTEM_ERROR, `consumer ${clientId} is too old to be told: it needs version 3.0.7`)
}

/** How long each consumer has for its answer, ms. */
const statusTimeoutMs = 5000

/** INVOKE_BROKER_TO_GET_CONSUMER_STATUS: the offsets that the group's consumers are at, as they say themselves. */
export const consumerStatus: Processor = async (broker, request) => {
  const { topic, group, clientAddr } = consumerStatusRequest.decode(request.extFields)
  const clients = broker.consumers.clientsOf(group).filter(({ clientId }) => !clientAddr || clientId === clientAddr)
  if (clients.length === 0) throw refusal(ResponseCode.SYSTEM_ERROR, notOnline(group))
  for (const client of clients) requireRecent(client)
  const tables = await Promise.all(clients.map((client) => statusOf(broker, client, topic, group)))
  const consumerTable = new Map(clients.flatMap(({ clientId }, i) => (tables[i] ? [[clientId, tables[i]]] : [])))
  return successWithBody(encodeGetConsumerStatusBody({ messageQueueTable: new Map(), consumerTable }))
}

/** Undefined for a consumer that does not answer; C++'s never do. */
async function statusOf(
  broker: BrokerState,
  { channel, clientId }: Client,
  topic: string,
  group: string,
): Promise<Map<MessageQueue, number> | undefined> {
  const command = requestCommand(RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, { topic, group })
  try {
    const answer = await channel.call(command, { timeoutMs: statusTimeoutMs })
    if (answer.code === ResponseCode.SUCCESS) return decodeGetConsumerStatusBody(answer.body).messageQueueTable
    broker.logger.warn({ clientId, group }, `consumer ${clientId} answered ${answer.code}: ${answer.remark ?? ''}`)
  } catch (error) {
    broker.logger.warn({ clientId, group }, `consumer ${clientId} did not say its offsets: ${String(error)}`)
  }
  return undefined
}
