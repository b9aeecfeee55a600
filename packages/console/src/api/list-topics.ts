import type { TopicList } from '../api-types.js'
import type { Route } from '../http/route.js'

export const listTopics: Route = {
  method: 'GET',
  path: '/api/topics',
  async answer({ backend }): Promise<TopicList> {
    const { cluster, topics, topicProblems } = await backend.watch.look()
    return { timeMs: cluster.timeMs, topics, problems: topicProblems }
  },
}
