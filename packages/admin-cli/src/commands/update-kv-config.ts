import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { required, text } from '../options.js'

export const updateKvConfig = defineCommand({
  name: 'updateKvConfig',
  description: 'set a value kept by all name servers',
  options: {
    namespace: required(text('-s, --namespace <namespace>', 'namespace')),
    key: required(text('-k, --key <key>', 'key')),
    value: required(text('-v, --value <value>', 'value')),
  },
  examples: ['mqadmin updateKvConfig -n 127.0.0.1:9876 -s ORDER_TOPIC_CONFIG -k TopicTest -v "broker-a:8"'],
  async run({ admin }, { namespace, key, value }) {
    await admin.putKvConfig(namespace, key, value)
    return { namespace, key, value }
  },
  print: () => lines(['create or update kv config to namespace success.']),
})
