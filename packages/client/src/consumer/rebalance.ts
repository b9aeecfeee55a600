import {
  decodeGetConsumerListByGroupResponseBody,
  requestCommand,
  RequestCode,
  ResponseCode,
  type MessageQueue,
} from '@mq/protocol'
import type { ClientInstance } from '../client-instance/client-instance.js'
import { addressOf, compareQueues, type TopicRoute } from '../client-instance/topic-route.js'
import { ClientError, fromRemotingError, fromResponse } from '../errors.js'
import type { AllocationStrategy } from './allocation.js'

/** A member's share of a topic. */
export interface Share {
  readonly queues: readonly MessageQueue[]
  /** Members it is shared out among, and queues there are. */
  readonly memberCount: number
  readonly queueCount: number
}

/** What a member of a clustering group gets of a topic (4.7.1 `RebalanceImpl`). Rejects with `ClientError`. */
export async function shareOf(
  instance: ClientInstance,
  group: string,
  route: TopicRoute,
  strategy: AllocationStrategy,
): Promise<Share> {
  const clientIds = await memberIds(instance, group, route)
  // The broker has not taken in our heartbeat yet: without us in the list the others' shares are not ours to know.
  if (!clientIds.includes(instance.clientId)) throw notThere(group, instance.clientId)
  const all = [...route.readQueues].sort(compareQueues)
  const queues = strategy.allocate(instance.clientId, clientIds.sort(), all)
  return { queues, memberCount: clientIds.length, queueCount: all.length }
}

const notThere = (group: string, clientId: string) =>
  new ClientError('BUSY', `group ${group}: the broker does not know ${clientId} as a member yet`, { group })

/** Ids of the group's members, from any broker of the topic. */
async function memberIds(instance: ClientInstance, group: string, route: TopicRoute): Promise<string[]> {
  let failure: ClientError | undefined
  for (const brokerName of shuffled([...route.brokers.keys()], instance)) {
    const address = addressOf(route, brokerName, true)!
    const what = `members of group ${group}`
    try {
      const request = requestCommand(RequestCode.GET_CONSUMER_LIST_BY_GROUP, { consumerGroup: group })
      const response = await instance.remoting.call(address, request)
      // Apache's answer when it knows no member of the group.
      if (response.code === ResponseCode.SYSTEM_ERROR) throw notThere(group, instance.clientId)
      if (response.code !== ResponseCode.SUCCESS) throw fromResponse(response, what, { address, group })
      return [...decodeGetConsumerListByGroupResponseBody(response.body ?? new Uint8Array(0)).consumerIdList]
    } catch (error) {
      failure = fromRemotingError(error, what, { address, group })
    }
  }
  throw failure ?? new ClientError('NO_MASTER', `topic '${route.topic}' has no broker`, { topic: route.topic })
}

function shuffled<T>(items: T[], { io }: ClientInstance): T[] {
  const first = io.random.below(items.length || 1)
  return [...items.slice(first), ...items.slice(0, first)]
}
