import {
  cloneGroupOffsetRequest,
  correctionOffsetRequest,
  encodeConsumerOffsetSerializeWrapper,
  encodeDelayOffsetSerializeWrapper,
  encodeQueryCorrectionOffsetBody,
  queryConsumerOffsetRequest,
  ResponseCode,
  updateConsumerOffsetRequest,
} from '@mq/protocol'
import { refusal, success, successWithBody, successWithFields } from '../answers.js'
import { isBeyondEnd } from '../offset-correction.js'
import type { Processor } from './processor.js'
import { requireGroupName, requireTopicName } from '../names.js'

/**
 * QUERY_CONSUMER_OFFSET (`ConsumerManageProcessor`, 4.7.1). A group that is new to a queue whose first message is still
 * in memory begins at that; anything else is for the client to decide, and 22 is the one code it takes as the question.
 */
export const queryConsumerOffset: Processor = (broker, request) => {
  const { consumerGroup, topic, queueId } = queryConsumerOffsetRequest.decode(request.extFields)
  const known = broker.offsets.get(topic, consumerGroup, queueId)
  if (known !== undefined) return successWithFields({ offset: String(known) })
  if (broker.store.minOffset(topic, queueId) <= 0 && !broker.store.isCold(topic, queueId, 0)) {
    return successWithFields({ offset: '0' })
  }
  throw refusal(
    ResponseCode.QUERY_NOT_FOUND,
    `consumer group ${consumerGroup.slice(0, 255)} has no offset for ${topic.slice(0, 255)} queue ${queueId}: it may be new`,
  )
}

/**
 * UPDATE_CONSUMER_OFFSET; groups and topics need not be known, as tools set offsets ahead (4.7.1). No consumer can have come
 * beyond the end of a queue: 4.7.1 takes it, and then sends the group back to the beginning.
 */
export const updateConsumerOffset: Processor = (broker, request) => {
  const { consumerGroup, topic, queueId, commitOffset } = updateConsumerOffsetRequest.decode(request.extFields)
  requireTopicName(topic)
  requireGroupName(consumerGroup)
  if (isBeyondEnd(broker, topic, queueId, commitOffset)) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `offset ${commitOffset} for ${topic} queue ${queueId} cannot be stored: the queue ends at ${broker.store.maxOffset(topic, queueId)}`,
    )
  }
  if (broker.offsets.commit(topic, consumerGroup, queueId, commitOffset)) return { ...success, extFields: {} }
  throw refusal(ResponseCode.SYSTEM_ERROR, `offset ${commitOffset} for ${topic} queue ${queueId} cannot be stored`)
}

/** GET_ALL_CONSUMER_OFFSET, for slaves and tools. */
export const allConsumerOffsets: Processor = (broker) => {
  const offsetTable = broker.offsets.all() as Map<string, Map<number, number>>
  return successWithBody(encodeConsumerOffsetSerializeWrapper({ offsetTable }))
}

/** GET_ALL_DELAY_OFFSET, for slaves and tools. */
export const allDelayOffsets: Processor = (broker) =>
  successWithBody(encodeDelayOffsetSerializeWrapper({ offsetTable: broker.delays.progress() }))

/** CLONE_GROUP_OFFSET */
export const cloneGroupOffset: Processor = (broker, request) => {
  const { srcGroup, destGroup, topic } = cloneGroupOffsetRequest.decode(request.extFields)
  requireGroupName(destGroup)
  broker.offsets.clone(srcGroup, destGroup, topic === '' ? undefined : topic)
  return success
}

/** QUERY_CORRECTION_OFFSET: the least offset of the groups of a topic, where `compareGroup` is not behind it. */
export const queryCorrectionOffset: Processor = (broker, request) => {
  const { filterGroups, compareGroup, topic } = correctionOffsetRequest.decode(request.extFields)
  const leftOut = new Set((filterGroups ?? '').split(',').map((group) => group.trim()))
  const groups = broker.offsets.groupsOf(topic).filter((group) => !leftOut.has(group))
  const least = new Map<number, number>()
  for (const group of groups) {
    for (const [queueId, offset] of broker.offsets.of(topic, group) ?? []) {
      if (broker.store.minOffset(topic, queueId) > offset) continue
      least.set(queueId, Math.min(offset, least.get(queueId) ?? Number.MAX_SAFE_INTEGER))
    }
  }
  const compared = broker.offsets.of(topic, compareGroup)
  for (const [queueId, offset] of compared ?? []) {
    if (offset < (least.get(queueId) ?? 0)) least.set(queueId, Number.MAX_SAFE_INTEGER)
  }
  return successWithBody(encodeQueryCorrectionOffsetBody({ correctionOffsets: least }))
}
