import {
  encodeQueryConsumeQueueResponseBody,
  queryConsumeQueueRequest,
  ResponseCode,
  writePrettyFastjson,
} from '@mq/protocol'
import { refusal, successWithBody } from '../answers.js'
import type { BrokerState } from '../broker-state.js'
import { storedFilter } from '../filter/consumer-filters.js'
import type { Processor } from './processor.js'
import { requireTopicName } from '../names.js'

/** Entries of one answer. */
const entriesMax = 1024

/** QUERY_CONSUME_QUEUE: entries of a consume queue, and whether a group's filter lets them through. */
export const queryConsumeQueue: Processor = async (broker, request) => {
  const { topic, queueId, index, count, consumerGroup } = queryConsumeQueueRequest.decode(request.extFields)
  requireTopicName(topic)
  if (index < 0) throw refusal(ResponseCode.SYSTEM_ERROR, `index must not be negative: ${index}`)
  const wanted = Math.max(0, Math.min(count, entriesMax))
  const entries = await broker.store.entries(topic, queueId, index, wanted)
  if (entries.length === 0) {
    // 4.7.1 answers success without a body, and its mqadmin expects that.
    return { code: ResponseCode.SUCCESS, remark: `queue ${queueId} of ${topic} has no entry ${index}` }
  }
  const subscription = subscriptionOf(broker, topic, consumerGroup)
  return successWithBody(
    encodeQueryConsumeQueueResponseBody({
      subscriptionData: subscription?.data,
      filterData: consumerGroup ? filterText(broker, topic, consumerGroup) : undefined,
      minQueueIndex: Math.max(0, broker.store.minOffset(topic, queueId)),
      maxQueueIndex: broker.store.maxOffset(topic, queueId),
      queueData: entries.map(({ commitLogOffset, size, tagsCode }) => ({
        physicOffset: commitLogOffset,
        physicSize: size,
        tagsCode,
        // Looked at for property filters only, in Apache as well.
        eval: false,
      })),
    }),
  )
}

const subscriptionOf = (broker: BrokerState, topic: string, group: string | undefined) =>
  group ? broker.consumers.group(group)?.subscriptions.get(topic) : undefined

/** The group's SQL92 filter as `consumerFilter.json` has it; the text `null` for one that filters by tags. */
function filterText(broker: BrokerState, topic: string, group: string): string {
  if (subscriptionOf(broker, topic, group) === undefined) return `${group}@${topic} is not online!`
  const filter = broker.filters.find(topic, group)
  return filter === undefined ? 'null' : writePrettyFastjson(storedFilter(filter))
}
