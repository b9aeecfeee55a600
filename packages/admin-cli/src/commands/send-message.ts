import type { SendOptions } from '@mq/client'
import { defineCommand } from '../command.js'
import { CommandError, UsageError } from '../errors.js'
import { table } from '../layout.js'
import { integer, required, text } from '../options.js'

export const sendMessage = defineCommand({
  name: 'sendMessage',
  description: 'send one message',
  options: {
    topic: required(text('-t, --topic <topic>', 'topic')),
    body: required(text('-p, --body <text>', 'body, sent as UTF-8')),
    keys: text('-k, --key <keys>', 'keys to find it by'),
    tags: text('-c, --tags <tag>', 'tag that consumers filter by'),
    broker: text('-b, --broker <name>', 'send to this broker (a name, not an address)'),
    queueId: integer('-i, --qid <n>', 'send to this queue of the broker'),
  },
  examples: [
    'mqadmin sendMessage -n 127.0.0.1:9876 -t TopicTest -p "hello"',
    'mqadmin sendMessage -n 127.0.0.1:9876 -t TopicTest -p "hello" -c TagA -b broker-a -i 0',
  ],
  async run(context, { topic, body, keys, tags, broker, queueId }) {
    if (queueId !== undefined && broker === undefined)
      throw new UsageError("a queue ('-i') is one of a broker: name the broker with '-b'")
    const producer = await context.producer()
    return producer.send({ topic, body, keys, tags }, placeOf(topic, broker, queueId))
  },
  print: ({ queue, status, msgId }) =>
    table(
      '%-32s  %-4s  %-20s    %s',
      ['#Broker Name', '#QID', '#Send Result', '#MsgId'],
      [[queue.brokerName, queue.queueId, status, msgId]],
    ),
})

function placeOf(topic: string, broker: string | undefined, queueId: number | undefined): SendOptions {
  if (broker === undefined) return {}
  if (queueId !== undefined) return { queue: { topic, brokerName: broker, queueId } }
  return {
    selector: (queues) => {
      const there = queues.find(({ brokerName }) => brokerName === broker)
      if (there !== undefined) return there
      const names = [...new Set(queues.map(({ brokerName }) => brokerName))].join(', ')
      throw new CommandError(`topic ${topic} has no queue to write on broker ${broker}, but on ${names}`)
    },
  }
}
