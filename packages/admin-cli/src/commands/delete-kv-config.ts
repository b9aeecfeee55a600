import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { required, text } from '../options.js'

export const deleteKvConfig = defineCommand({
  name: 'deleteKvConfig',
  description: 'delete a value kept by all name servers',
  options: {
    namespace: required(text('-s, --namespace <namespace>', 'namespace')),
    key: required(text('-k, --key <key>', 'key')),
  },
  examples: ['mqadmin deleteKvConfig -n 127.0.0.1:9876 -s ORDER_TOPIC_CONFIG -k TopicTest'],
  async run({ admin }, { namespace, key }) {
    await admin.deleteKvConfig(namespace, key)
    return { namespace, deleted: key }
  },
  print: () => lines(['delete kv config from namespace success.']),
})
