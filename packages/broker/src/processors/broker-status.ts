import { brokerStatsRequest, encodeBrokerStatsData, encodeKVTable, ResponseCode } from '@mq/protocol'
import { refusal, successWithBody } from '../answers.js'
import { brokerRuntimeInfo } from '../runtime-info.js'
import type { Processor } from './processor.js'

/** GET_BROKER_RUNTIME_INFO */
export const runtimeInfo: Processor = async (broker) => {
  return successWithBody(encodeKVTable({ table: await brokerRuntimeInfo(broker) }))
}

/** VIEW_BROKER_STATS_DATA */
export const brokerStats: Processor = (broker, request) => {
  const { statsName, statsKey } = brokerStatsRequest.decode(request.extFields)
  const item = broker.stats.find(statsName, statsKey)
  if (item === undefined) {
    throw refusal(
      ResponseCode.SYSTEM_ERROR,
      `nothing was counted as ${statsName.slice(0, 80)} of ${statsKey.slice(0, 255)}`,
    )
  }
  return successWithBody(
    encodeBrokerStatsData({
      statsMinute: item.snapshot('minute'),
      statsHour: item.snapshot('hour'),
      statsDay: item.snapshot('day'),
    }),
  )
}
