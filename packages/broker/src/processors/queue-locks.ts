import { decodeLockBatchRequestBody, encodeLockBatchResponseBody, type LockBatchRequestBody } from '@mq/protocol'
import { success, successWithBody } from '../answers.js'
import type { Processor } from './processor.js'
import { requireClientId, requireGroupName, requireTopicName } from '../names.js'

/** LOCK_BATCH_MQ: answers with all of the queues that the client holds after the call. */
export const lockQueues: Processor = (broker, { body }) => {
  const { consumerGroup, clientId, mqSet } = checked(decodeLockBatchRequestBody(body))
  const lockOKMQSet = broker.locks.lock(consumerGroup, clientId, mqSet)
  return successWithBody(encodeLockBatchResponseBody({ lockOKMQSet }))
}

/** UNLOCK_BATCH_MQ */
export const unlockQueues: Processor = (broker, { body }) => {
  const { consumerGroup, clientId, mqSet } = checked(decodeLockBatchRequestBody(body))
  broker.locks.unlock(consumerGroup, clientId, mqSet)
  return success
}

function checked(body: LockBatchRequestBody): LockBatchRequestBody {
  requireGroupName(body.consumerGroup)
  requireClientId(body.clientId)
  for (const { topic, brokerName } of body.mqSet) {
    requireTopicName(topic)
    requireTopicName(brokerName)
  }
  return body
}
