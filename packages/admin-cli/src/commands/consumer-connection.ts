import { defineCommand } from '../command.js'
import { lines, row } from '../layout.js'
import { required, text } from '../options.js'
import { versionText } from '../version-text.js'

export const consumerConnection = defineCommand({
  name: 'consumerConnection',
  description: 'clients of a consumer group that are online, and what they subscribe to',
  options: { group: required(text('-g, --consumerGroup <group>', 'consumer group')) },
  examples: ['mqadmin consumerConnection -n 127.0.0.1:9876 -g my-group'],
  run: ({ admin }, { group }) => admin.examineConsumerConnection(group),
  print: ({ connectionSet, subscriptionTable, consumeType, messageModel, consumeFromWhere }) =>
    lines([
      ...connectionSet.map(({ clientId, clientAddr, language, version }, i) =>
        row('%03d  %-32s %-22s %-8s %s', i + 1, clientId, clientAddr, language ?? '', versionText(version)),
      ),
      '',
      'Below is subscription:',
      ...[...subscriptionTable.values()].map(({ topic, subString }, i) =>
        row('%03d  Topic: %-40s SubExpression: %s', i + 1, topic, subString),
      ),
      '',
      `ConsumeType: ${consumeType}`,
      `MessageModel: ${messageModel}`,
      `ConsumeFromWhere: ${consumeFromWhere}`,
    ]),
})
