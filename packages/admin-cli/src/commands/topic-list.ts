import { isDlqTopic, isRetryTopic } from '@mq/protocol'
import { defineCommand, type Admin } from '../command.js'
import { lines, table } from '../layout.js'
import { flag } from '../options.js'

interface TopicRow {
  topic: string
  /** Only with `-c`; empty for a topic whose route is gone. */
  clusters?: string[]
  /** Only with `-c`. */
  consumerGroups?: string[]
}

export const topicList = defineCommand({
  name: 'topicList',
  description: 'names of all topics that brokers have registered',
  options: {
    more: flag('-c, --clusterModel', 'with cluster and consumer groups; retry and dead-letter topics left out'),
  },
  examples: ['mqadmin topicList -n 127.0.0.1:9876', 'mqadmin topicList -n 127.0.0.1:9876 -c'],
  async run({ admin }, { more }): Promise<TopicRow[]> {
    const topics = await admin.topicList()
    if (!more) return topics.map((topic) => ({ topic }))
    const shown = topics.filter((topic) => !isRetryTopic(topic) && !isDlqTopic(topic))
    return Promise.all(shown.map((topic) => withClusterAndGroups(admin, topic)))
  },
  print: (rows, { more }) => (more ? clusterTable(rows) : lines(rows.map(({ topic }) => topic))),
})

async function withClusterAndGroups(admin: Admin, topic: string): Promise<TopicRow> {
  const [route, consumerGroups] = await Promise.all([admin.topicRoute(topic), admin.topicConsumers(topic)])
  return { topic, clusters: [...new Set(route.brokerDatas.map(({ cluster }) => cluster))].sort(), consumerGroups }
}

function clusterTable(rows: TopicRow[]): string {
  const cells = rows.flatMap(({ topic, clusters = [], consumerGroups = [] }) =>
    orBlank(clusters).flatMap((cluster) => orBlank(consumerGroups).map((group) => [cluster, topic, group])),
  )
  return table('%-20.20s  %-48.48s  %-48.48s', ['#Cluster Name', '#Topic', '#Consumer Group'], cells)
}

const orBlank = (names: string[]): string[] => (names.length === 0 ? [''] : names)
