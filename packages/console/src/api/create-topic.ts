import * as v from 'valibot'
import type { CreateTopicAnswer, CreateTopicRequest } from '../api-types.js'
import type { ClusterSource } from '../cluster-source.js'
import { badRequest, ConsoleError } from '../console-error.js'
import type { Route } from '../http/route.js'
import { checked, topicName, wholeNumber } from './inputs.js'

const queuesMax = 1024

const inputs = v.strictObject({
  topic: topicName,
  cluster: v.optional(v.string('must be text')),
  readQueues: v.optional(wholeNumber(1, queuesMax), 8),
  writeQueues: v.optional(wholeNumber(1, queuesMax), 8),
  perm: v.optional(v.picklist([2, 4, 6], 'must be 2 (write), 4 (read) or 6 (both)'), 6),
}) satisfies v.GenericSchema<CreateTopicRequest, unknown>

/** Makes a topic, or changes the one there is, on all masters of a cluster. */
export const createTopic: Route = {
  method: 'POST',
  path: '/api/topics',
  async answer({ backend: { source }, body }): Promise<CreateTopicAnswer> {
    const { cluster: named, ...topic } = checked(inputs, body)
    const cluster = named ?? (await onlyCluster(source))
    const brokers = await source.createTopic({ ...topic, cluster })
    return { topic: topic.topic, cluster, brokers }
  },
}

async function onlyCluster(source: ClusterSource): Promise<string> {
  const clusters = [...new Set((await source.brokers()).map(({ cluster }) => cluster))]
  const [first] = clusters
  if (first === undefined)
    throw new ConsoleError(
      'CLUSTER_UNREACHABLE',
      'no broker is registered to make the topic on',
      'Start a broker first.',
    )
  if (clusters.length > 1)
    throw badRequest(`there are several clusters: ${clusters.join(', ')}`, "Name one of them as 'cluster'.")
  return first
}
