import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { required, text } from '../options.js'
import { target, whereOf } from '../target.js'

export const updateBrokerConfig = defineCommand({
  name: 'updateBrokerConfig',
  description: 'change a setting of a running broker, or of all masters of a cluster',
  options: {
    ...target,
    key: required(text('-k, --key <key>', 'name of the setting')),
    value: required(text('-v, --value <value>', 'its new value')),
  },
  examples: ['mqadmin updateBrokerConfig -n 127.0.0.1:9876 -b 127.0.0.1:10911 -k brokerPermission -v 4'],
  async run({ admin }, options) {
    const { addr, cluster } = whereOf(options)
    const brokers = addr === undefined ? await admin.masters(cluster) : [addr]
    for (const address of brokers) await admin.updateBrokerConfig(address, { [options.key]: options.value })
    return { brokers, [options.key]: options.value }
  },
  print: ({ brokers }) => lines((brokers as string[]).map((address) => `update broker config success, ${address}`)),
})
