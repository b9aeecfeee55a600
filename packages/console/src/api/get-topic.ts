import type { TopicDetail } from '../api-types.js'
import type { Route } from '../http/route.js'
import { topicKinds } from '../live/topic-kind.js'
import { checked, topicName } from './inputs.js'

export const getTopic: Route = {
  method: 'GET',
  path: '/api/topics/:name',
  async answer({ backend: { source }, params }): Promise<TopicDetail> {
    const name = checked(topicName, params.name)
    const route = await source.topicRoute(name)
    const { queues, problems } = await source.queueOffsets(name)
    return {
      name,
      kind: topicKinds(route.brokers)(name),
      route,
      queues: queues.map(({ topic: _, ...queue }) => queue),
      problems,
    }
  },
}
