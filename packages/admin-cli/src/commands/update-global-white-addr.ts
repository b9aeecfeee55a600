import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { commaList, required } from '../options.js'
import { target, whereOf } from '../target.js'

export const updateGlobalWhiteAddr = defineCommand({
  name: 'updateGlobalWhiteAddr',
  description: 'replace the addresses from which any request passes unsigned',
  options: {
    ...target,
    addresses: required(commaList('-g, --globalWhiteRemoteAddresses <list>', 'as in 10.10.103.*,192.168.0.*')),
  },
  examples: ['mqadmin updateGlobalWhiteAddr -n 127.0.0.1:9876 -c DefaultCluster -g "10.10.103.*,192.168.0.*"'],
  run: async ({ admin }, options) => admin.updateGlobalWhiteAddresses(whereOf(options), options.addresses),
  print: (addresses) =>
    lines(addresses.map((address) => `update global white remote addresses to ${address} success.`)),
})
