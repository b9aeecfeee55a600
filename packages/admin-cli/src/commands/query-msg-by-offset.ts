import { defineCommand } from '../command.js'
import { CommandError } from '../errors.js'
import { messageText } from '../message-text.js'
import { messageTracks } from '../message-tracks.js'
import { integer, required, text } from '../options.js'

export const queryMsgByOffset = defineCommand({
  name: 'queryMsgByOffset',
  description: 'the message at an offset of a queue, and which groups have consumed it',
  options: {
    topic: required(text('-t, --topic <topic>', 'topic')),
    broker: required(text('-b, --brokerName <name>', 'broker (a name, not an address)')),
    queueId: required(integer('-i, --queueId <n>', 'queue')),
    offset: required(integer('-o, --offset <n>', 'queue offset')),
  },
  examples: ['mqadmin queryMsgByOffset -n 127.0.0.1:9876 -t TopicTest -b broker-a -i 0 -o 0'],
  async run({ admin }, { topic, broker, queueId, offset }) {
    const queue = { topic, brokerName: broker, queueId }
    const { messages, minOffset, maxOffset } = await admin.pullMessages(queue, offset, 1)
    const message = messages.find(({ queueOffset }) => queueOffset === offset)
    if (message === undefined) throw new CommandError(nothingThere(offset, minOffset, maxOffset))
    return {
      message,
      body: message.text(),
      properties: message.properties,
      tracks: await messageTracks(admin, message),
    }
  },
  print: ({ message, tracks }) => messageText(message, tracks),
})

const nothingThere = (offset: number, minOffset: number, maxOffset: number): string =>
  maxOffset > Math.max(minOffset, 0)
    ? `there is no message at offset ${offset}: the queue has ${Math.max(minOffset, 0)} to ${maxOffset - 1}`
    : `there is no message at offset ${offset}: the queue is empty; 'mqadmin topicStatus' shows which queues are not`
