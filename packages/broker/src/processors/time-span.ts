import { consumeTimeSpanRequest, encodeQueryConsumeTimeSpanBody, ResponseCode } from '@mq/protocol'
import { successWithBody } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import type { Processor } from './processor.js'
import { requireTopic } from './progress.js'

/** QUERY_CONSUME_TIME_SPAN: store times of the first, the last and the last consumed message of each queue. */
export const consumeTimeSpan: Processor = async (broker, request) => {
  const { topic, group } = consumeTimeSpanRequest.decode(request.extFields)
  const { writeQueueNums } = requireTopic(broker, topic, ResponseCode.SYSTEM_ERROR)
  const consumeTimeSpanSet = []
  for (let queueId = 0; queueId < writeQueueNums; queueId++) {
    consumeTimeSpanSet.push(await timeSpanOf(broker, topic, group, queueId))
  }
  return successWithBody(encodeQueryConsumeTimeSpanBody({ consumeTimeSpanSet }))
}

async function timeSpanOf(broker: BrokerState, topic: string, group: string, queueId: number) {
  const { store } = broker
  const maxOffset = store.maxOffset(topic, queueId)
  const consumed = broker.offsets.get(topic, group, queueId) ?? 0
  const minTimeStamp = await store.earliestStoreTime(topic, queueId)
  const consumeTimeStamp = consumed > 0 ? await store.storeTimeAt(topic, queueId, consumed - 1) : minTimeStamp
  const nextTimeStamp = consumed < maxOffset ? await store.storeTimeAt(topic, queueId, Math.max(0, consumed)) : -1
  return {
    messageQueue: { topic, brokerName: broker.config.brokerName, queueId },
    minTimeStamp,
    maxTimeStamp: maxOffset > 0 ? await store.storeTimeAt(topic, queueId, maxOffset - 1) : -1,
    consumeTimeStamp,
    delayTime: nextTimeStamp >= 0 ? broker.io.clock.now() - nextTimeStamp : 0,
  }
}
