import { defineCommand } from '../command.js'
import { messageText } from '../message-text.js'
import { messageTracks } from '../message-tracks.js'
import { required, text } from '../options.js'

export const queryMsgById = defineCommand({
  name: 'queryMsgById',
  description: 'messages by where they are stored (offset message id), and which groups have consumed them',
  options: { ids: required(text('-i, --msgId <ids>', 'offset message ids, separated by commas')) },
  examples: ['mqadmin queryMsgById -n 127.0.0.1:9876 -i 7F00000100002A9F0000000000000000'],
  async run({ admin }, { ids }) {
    const found = []
    for (const id of ids.split(',').map((one) => one.trim())) {
      const message = await admin.viewMessage(id)
      const tracks = await messageTracks(admin, message)
      found.push({ message, body: message.text(), properties: message.properties, tracks })
    }
    return found
  },
  print: (found) => found.map(({ message, tracks }) => messageText(message, tracks)).join('\n'),
})
