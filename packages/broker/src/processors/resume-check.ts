import {
  decodeMessageId,
  decodeRecord,
  ResponseCode,
  resumeCheckHalfMessageRequest,
  TopicName,
  type Answer,
  type MessageRecord,
} from '@mq/protocol'
import { refusal, success } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import { checkedCopy, destinationOf } from '../transactions/half-message.js'
import { opMessage } from '../transactions/op-queue.js'
import type { Processor } from './processor.js'
import { requireAppended, storeFailed } from './send-outcome.js'

/**
 * RESUME_CHECK_HALF_MESSAGE (`AdminBrokerProcessor.resumeCheckHalfMessage`, 4.7.1): a half message that was given up, or is
 * about to be, is asked about again, as if for the first time. 4.7.1 makes a half message of anything.
 */
export const resumeCheck: Processor = async (broker, request) => {
  const { msgId } = resumeCheckHalfMessageRequest.decode(request.extFields)
  const { commitLogOffset } = decodeMessageId(msgId ?? '')
  const bytes = await broker.store.recordAt(commitLogOffset)
  const half = bytes && decodeRecord(bytes)
  if (half === undefined || !isUnended(half)) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `no half message is at commit log offset ${commitLogOffset}, where ${msgId} points: give the id of one in ${TopicName.TRANSACTION_CHECK_MAX_TIME} or ${TopicName.TRANSACTION_HALF}`,
    )
  }
  return putBack(broker, half)
}

const isUnended = (record: MessageRecord): boolean =>
  (record.topic === TopicName.TRANSACTION_CHECK_MAX_TIME || record.topic === TopicName.TRANSACTION_HALF) &&
  destinationOf(record) !== undefined

/** One that stands in the half topic still makes room for its copy. */
function putBack(broker: BrokerState, half: MessageRecord): Promise<Answer> {
  const { store, storeHost, io } = broker
  const { states } = broker.transactions
  const waits = half.topic === TopicName.TRANSACTION_HALF
  const offset = states.newest(half.queueOffset)
  if (waits && states.hasEnded(offset)) {
    throw refusal(ResponseCode.SYSTEM_ERROR, `the transaction of half message ${half.queueOffset} has ended`)
  }
  const copy = requireAppended(store.append({ ...checkedCopy(half, 0), storeHost }))
  let { endOffset } = copy
  if (waits) {
    endOffset = requireAppended(store.append(opMessage(offset, storeHost, io.clock.now()))).endOffset
    states.copied(offset, copy.queueOffset)
  }
  return new Promise((resolve) =>
    store.whenAcknowledged(endOffset, true, (status) =>
      resolve(
        status === 'FAILED' ? { code: ResponseCode.SERVICE_NOT_AVAILABLE, remark: storeFailed(broker) } : success,
      ),
    ),
  )
}
