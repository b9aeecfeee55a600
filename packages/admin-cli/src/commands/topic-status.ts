import { defineCommand } from '../command.js'
import { table, timeText } from '../layout.js'
import { required, text } from '../options.js'

export const topicStatus = defineCommand({
  name: 'topicStatus',
  description: "first and next offset of each of a topic's queues, and when it was last written",
  options: { topic: required(text('-t, --topic <topic>', 'topic')) },
  examples: ['mqadmin topicStatus -n 127.0.0.1:9876 -t TopicTest'],
  run: ({ admin }, { topic }) => admin.topicStats(topic),
  print: (rows) =>
    table(
      '%-32.32s  %-4s  %-20s  %-20s    %s',
      ['#Broker Name', '#QID', '#Min Offset', '#Max Offset', '#Last Updated'],
      rows.map(({ queue, minOffset, maxOffset, lastUpdateTimestamp }) => [
        queue.brokerName,
        queue.queueId,
        minOffset,
        maxOffset,
        lastUpdateTimestamp > 0 ? timeText(lastUpdateTimestamp) : '',
      ]),
    ),
})
