import { accountLines } from '../account-texts.js'
import { defineCommand } from '../command.js'
import { lines, row } from '../layout.js'
import { mastersOf, target } from '../target.js'

export const getAccessConfig = defineCommand({
  name: 'getAccessConfigSubCommand',
  description: 'accounts of brokers, and the addresses from which any request passes; secrets are not shown',
  options: target,
  examples: ['mqadmin getAccessConfigSubCommand -n 127.0.0.1:9876 -c DefaultCluster'],
  async run(context, where) {
    const addresses = await mastersOf(context, where)
    const configs = await Promise.all(addresses.map((address) => context.admin.aclConfig(address)))
    // 4.7.1 sends the secrets.
    return configs.map(({ globalWhiteAddrs, plainAccessConfigs }) => ({
      globalWhiteAddrs,
      plainAccessConfigs: plainAccessConfigs.map(({ secretKey: _, ...account }) => account),
    }))
  },
  print: (configs) =>
    lines(
      configs.flatMap(({ globalWhiteAddrs, plainAccessConfigs }) => [
        '',
        row('%-20s: %s', 'globalWhiteRemoteAddresses', `[${globalWhiteAddrs.join(', ')}]`),
        '',
        'accounts:',
        ...plainAccessConfigs.flatMap((account) => [...accountLines(account), '']),
      ]),
    ),
})
