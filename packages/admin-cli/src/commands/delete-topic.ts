import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { required, text } from '../options.js'

export const deleteTopic = defineCommand({
  name: 'deleteTopic',
  description: 'delete a topic from the brokers of a cluster and from all name servers',
  options: {
    topic: required(text('-t, --topic <topic>', 'topic')),
    cluster: required(text('-c, --clusterName <cluster>', 'cluster')),
  },
  examples: ['mqadmin deleteTopic -n 127.0.0.1:9876 -c DefaultCluster -t TopicTest'],
  async run({ admin }, { topic, cluster }) {
    await admin.deleteTopic({ topic, cluster })
    return { deleted: topic, cluster }
  },
  print: ({ deleted, cluster }) =>
    lines([
      `delete topic [${deleted}] from cluster [${cluster}] success.`,
      `delete topic [${deleted}] from NameServer success.`,
    ]),
})
