import { defineCommand } from '../command.js'
import { lines, row } from '../layout.js'
import { required, text } from '../options.js'
import { versionText } from '../version-text.js'

export const producerConnection = defineCommand({
  name: 'producerConnection',
  description: 'clients of a producer group that are online',
  options: {
    group: required(text('-g, --producerGroup <group>', 'producer group')),
    topic: required(text('-t, --topic <topic>', 'topic they send to')),
  },
  examples: ['mqadmin producerConnection -n 127.0.0.1:9876 -g my-producers -t TopicTest'],
  run: ({ admin }, { group, topic }) => admin.examineProducerConnection(group, topic),
  print: ({ connectionSet }) =>
    lines(
      connectionSet.map(({ clientId, clientAddr, language, version }, i) =>
        row('%04d  %-32s %-22s %-8s %s', i + 1, clientId, clientAddr, language ?? '', versionText(version)),
      ),
    ),
})
