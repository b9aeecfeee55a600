import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { required, text } from '../options.js'
import { target, whereOf } from '../target.js'

export const deleteAccessConfig = defineCommand({
  name: 'deleteAccessConfig',
  description: 'delete an account of the access control',
  options: { ...target, accessKey: required(text('-a, --accessKey <key>', 'access key of the account')) },
  examples: ['mqadmin deleteAccessConfig -n 127.0.0.1:9876 -c DefaultCluster -a orders-service'],
  async run({ admin }, options) {
    const { accessKey } = options
    return { addresses: await admin.deleteAccount(whereOf(options), accessKey), accessKey }
  },
  print: ({ addresses, accessKey }) =>
    lines([
      ...addresses.map((address) => `delete plain access config account to ${address} success.`),
      `account's accesskey is:${accessKey}`,
    ]),
})
