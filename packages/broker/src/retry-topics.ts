import {
  isRetryTopic,
  RequestCode,
  requestCommand,
  ResponseCode,
  retryTopic,
  topicRequest,
  type ConsumerData,
  type SubscriptionGroupConfig,
} from '@mq/protocol'
import type { BrokerState } from './broker-state.js'
import { nameServersOf } from './registration.js'
import { ensureRetryTopic } from './topic-creation.js'

/** How long a name server has to tell whether a topic is on another broker, ms. */
const askTimeoutMs = 1000
/** Name servers are asked for so many topics of a group: most have one. */
const askedMax = 10

/**
 * A group that is online needs its retry topic where its messages come from: on the brokers that have one of its topics. Clients
 * send heartbeats to brokers beyond these, and 4.7.1 makes a retry topic on each of them, which every member then polls in
 * vain. A group none of whose topics is anywhere gets it from each broker, as in 4.7.1: admin tools find the group by it.
 */
export function ensureRetryTopicOf(
  broker: BrokerState,
  group: SubscriptionGroupConfig,
  consumer: ConsumerData,
  isNew: boolean,
): void {
  if (broker.topics.get(retryTopic(group.groupName)) !== undefined) return
  const topics = consumer.subscriptionDataSet.map(({ topic }) => topic).filter((topic) => !isRetryTopic(topic))
  const nameServers = nameServersOf(broker.config.namesrvAddr)
  if (
    topics.length === 0 ||
    nameServers.length === 0 ||
    topics.some((topic) => broker.topics.get(topic) !== undefined)
  ) {
    ensureRetryTopic(broker, group, consumer.unitMode)
  } else if (isNew) {
    void isAnyElsewhere(broker, nameServers, topics.slice(0, askedMax)).then((elsewhere) => {
      if (!elsewhere && !broker.isClosed) ensureRetryTopic(broker, group, consumer.unitMode)
    })
  }
}

/** A topic that comes to this broker brings the retry topics of the groups that wait for it. Returns the way to stop it. */
export function makeRetryTopicsWithTheirTopics(broker: BrokerState): () => void {
  return broker.topics.onChange((topic) => {
    if (isRetryTopic(topic) || broker.topics.get(topic) === undefined) return
    for (const name of broker.consumers.groupsOf(topic)) {
      const group = broker.groups.get(name)
      if (group !== undefined) ensureRetryTopic(broker, group, broker.consumers.group(name)!.unitMode)
    }
  })
}

/** Asks for one topic after the other. False also when no name server answers. */
async function isAnyElsewhere(broker: BrokerState, nameServers: readonly string[], topics: readonly string[]) {
  for (const topic of topics) {
    const answers = await Promise.all(nameServers.map((address) => isKnownTo(broker, address, topic)))
    if (answers.includes(true)) return true
  }
  return false
}

async function isKnownTo(broker: BrokerState, nameServer: string, topic: string): Promise<boolean> {
  const command = requestCommand(RequestCode.GET_ROUTEINFO_BY_TOPIC, topicRequest.encode({ topic }))
  try {
    const { code } = await broker.client.call(nameServer, command, { timeoutMs: askTimeoutMs })
    return code === ResponseCode.SUCCESS
  } catch {
    return false
  }
}
