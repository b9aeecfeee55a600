import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { required, text } from '../options.js'

export const topicClusterList = defineCommand({
  name: 'topicClusterList',
  description: 'clusters that have a topic',
  options: { topic: required(text('-t, --topic <topic>', 'topic')) },
  examples: ['mqadmin topicClusterList -n 127.0.0.1:9876 -t TopicTest'],
  async run({ admin }, { topic }) {
    const { brokerDatas } = await admin.topicRoute(topic)
    const { clusterAddrTable } = await admin.clusterInfo()
    const names = new Set(brokerDatas.map(({ brokerName }) => brokerName))
    return [...clusterAddrTable]
      .filter(([, brokers]) => brokers.some((name) => names.has(name)))
      .map(([cluster]) => cluster)
      .sort()
  },
  print: (clusters) => lines(clusters),
})
