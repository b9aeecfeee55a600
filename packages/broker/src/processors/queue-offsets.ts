import { offsetResponse, queueRequest, searchOffsetRequest, timestampResponse } from '@mq/protocol'
import { successWithFields } from '../answers.js'
import type { Processor } from './processor.js'

/** SEARCH_OFFSET_BY_TIMESTAMP; 0 for a queue that was never written. */
export const searchOffset: Processor = async (broker, request) => {
  const { topic, queueId, timestamp } = searchOffsetRequest.decode(request.extFields)
  const offset = await broker.store.offsetByTime(topic, queueId, timestamp)
  return successWithFields(offsetResponse.encode({ offset: Math.max(0, offset) }))
}

/** GET_MAX_OFFSET: the offset the next message gets. */
export const maxOffset: Processor = (broker, request) => {
  const { topic, queueId } = queueRequest.decode(request.extFields)
  return successWithFields(offsetResponse.encode({ offset: broker.store.maxOffset(topic, queueId) }))
}

/** GET_MIN_OFFSET; 0 for a queue that was never written, as Apache answers. */
export const minOffset: Processor = (broker, request) => {
  const { topic, queueId } = queueRequest.decode(request.extFields)
  return successWithFields(offsetResponse.encode({ offset: Math.max(0, broker.store.minOffset(topic, queueId)) }))
}

/** GET_EARLIEST_MSG_STORETIME: -1 when there is no message. */
export const earliestStoreTime: Processor = async (broker, request) => {
  const { topic, queueId } = queueRequest.decode(request.extFields)
  const timestamp = await broker.store.earliestStoreTime(topic, queueId)
  return successWithFields(timestampResponse.encode({ timestamp }))
}
