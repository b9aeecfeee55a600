import { writePrettyFastjson, type TopicRouteData } from '@mq/protocol'
import { defineCommand } from '../command.js'
import { required, text } from '../options.js'

export const topicRoute = defineCommand({
  name: 'topicRoute',
  description: 'which brokers have a topic, and how many queues of it',
  options: { topic: required(text('-t, --topic <topic>', 'topic')) },
  examples: ['mqadmin topicRoute -n 127.0.0.1:9876 -t TopicTest'],
  run: ({ admin }, { topic }) => admin.topicRoute(topic),
  print: (route) => `${writePrettyFastjson(as4x(route))}\n`,
})

/** The flag has two names on the wire; 4.x tools show the older one. */
const as4x = (route: TopicRouteData) => ({
  ...route,
  queueDatas: route.queueDatas.map(({ topicSysFlag, ...queues }) => ({ ...queues, topicSynFlag: topicSysFlag })),
})
