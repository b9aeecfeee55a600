import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { required, text } from '../options.js'

export const wipeWritePerm = defineCommand({
  name: 'wipeWritePerm',
  description: 'let no producer write to a broker any more, before it is taken out of service',
  options: { broker: required(text('-b, --brokerName <name>', 'broker (a name, not an address)')) },
  examples: ['mqadmin wipeWritePerm -n 127.0.0.1:9876 -b broker-a'],
  async run({ admin }, { broker }) {
    return { broker, topicsByNameServer: await admin.wipeWritePerm(broker) }
  },
  print: ({ broker, topicsByNameServer }) =>
    lines(
      [...topicsByNameServer].map(
        ([nameServer, topics]) => `wipe write perm of broker[${broker}] in name server[${nameServer}] OK, ${topics}`,
      ),
    ),
})
