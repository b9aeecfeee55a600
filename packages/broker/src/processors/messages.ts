import { queryMessageRequest, ResponseCode, viewMessageRequest } from '@mq/protocol'
import { StoreError, type QueryRequest, type QueryResult } from '@mq/store'
import { refusal, successWithBody } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import type { Processor } from './processor.js'

/** Messages of one answer to a query by key, whatever the client asks for (`maxMsgsNumBatch`). */
const queryMax = 64

/** QUERY_MESSAGE (`QueryMessageProcessor`, 4.7.1). Clients look at the keys themselves: indexes hold hashes. */
export const queryMessage: Processor = async (broker, request) => {
  const header = queryMessageRequest.decode(request.extFields)
  const wanted = header.uniqueKeyQuery ? broker.config.defaultQueryMaxNum : header.maxNum
  const result = await query(broker, {
    topic: header.topic,
    key: header.key,
    maxMessages: Math.max(1, Math.min(wanted, queryMax)),
    beginMs: header.beginTimestamp,
    // Clients ask up to the end of time, which no double holds.
    endMs: Number(header.endTimestamp),
  })
  const extFields = {
    indexLastUpdateTimestamp: String(result.indexLastUpdateTimestamp),
    indexLastUpdatePhyoffset: String(result.indexLastUpdatePhyoffset),
  }
  if (result.records.length > 0) return { code: ResponseCode.SUCCESS, extFields, body: result.records }
  return {
    code: ResponseCode.QUERY_NOT_FOUND,
    remark: `no message of topic ${header.topic.slice(0, 255)} has this key in the time asked for`,
    extFields,
  }
}

async function query(broker: BrokerState, request: QueryRequest): Promise<QueryResult> {
  try {
    return await broker.store.query(request)
  } catch (error) {
    if (error instanceof StoreError) throw refusal(ResponseCode.SYSTEM_ERROR, error.message)
    throw error
  }
}

/** VIEW_MESSAGE_BY_ID */
export const viewMessage: Processor = async (broker, request) => {
  const { offset } = viewMessageRequest.decode(request.extFields)
  const record = await broker.store.recordAt(offset)
  if (record !== undefined) return successWithBody(record)
  throw refusal(ResponseCode.SYSTEM_ERROR, `can not find message by the offset, ${offset}`)
}
