import {
  decodeSubscriptionGroupConfig,
  deleteSubscriptionGroupRequest,
  encodeSubscriptionGroupWrapper,
  type SubscriptionGroupConfig,
} from '@mq/protocol'
import { success, successWithBody } from '../answers.js'
import type { Processor } from './processor.js'
import { requireGroupName } from '../names.js'

/** UPDATE_AND_CREATE_SUBSCRIPTIONGROUP: replaces the whole group. 4.7.1 takes an empty name; that group is nobody's. */
export const updateSubscriptionGroup: Processor = (broker, request) => {
  const config = decodeSubscriptionGroupConfig(request.body)
  requireGroupName(config.groupName)
  broker.groups.put(config)
  return success
}

/** GET_ALL_SUBSCRIPTIONGROUP_CONFIG */
export const allSubscriptionGroups: Processor = (broker) => {
  const subscriptionGroupTable = broker.groups.all() as Map<string, SubscriptionGroupConfig>
  const { dataVersion } = broker.groups
  return successWithBody(encodeSubscriptionGroupWrapper({ dataVersion, subscriptionGroupTable }))
}

/** DELETE_SUBSCRIPTIONGROUP; the group's offsets stay, as in 4.7.1. */
export const deleteSubscriptionGroup: Processor = (broker, request) => {
  broker.groups.remove(deleteSubscriptionGroupRequest.decode(request.extFields).groupName)
  return success
}
