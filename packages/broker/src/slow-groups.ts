import { recordCommitLogOffset, type SubscriptionGroupConfig } from '@mq/protocol'
import type { GetResult } from '@mq/store'
import type { BrokerState } from './broker-state.js'

/**
 * Takes the right to consume from a group that was given a message which lies more than `consumerFallbehindThreshold` bytes
 * behind the end of the log (`BrokerController.protectBroker`, 4.7.1, which looks every three minutes). It stays so until
 * `mqadmin updateSubGroup` gives it back.
 */
export function stopIfFarBehind(broker: BrokerState, { groupName }: SubscriptionGroupConfig, { pieces }: GetResult) {
  const group = broker.groups.get(groupName)
  if (group?.consumeEnable !== true) return
  const behindBytes = broker.store.stats().commitLogMaxOffset - recordCommitLogOffset(pieces[0]!)
  if (behindBytes <= broker.config.consumerFallbehindThreshold) return
  broker.groups.put({ ...group, consumeEnable: false })
  broker.logger.warn(
    { group: groupName, behindBytes },
    `consumer group ${groupName} reads ${behindBytes} bytes behind the newest message and may not consume any more: mqadmin updateSubGroup -g ${groupName} -s true lets it (disableConsumeIfConsumerReadSlowly)`,
  )
}
