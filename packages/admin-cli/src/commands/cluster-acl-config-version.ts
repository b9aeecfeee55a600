import { versionHeader, versionRow } from '../account-texts.js'
import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { mastersOf, target } from '../target.js'

export const clusterAclConfigVersion = defineCommand({
  name: 'clusterAclConfigVersion',
  description: 'how often, and when last, the accounts of brokers were changed by calls',
  options: target,
  examples: ['mqadmin clusterAclConfigVersion -n 127.0.0.1:9876 -c DefaultCluster'],
  async run(context, where) {
    const addresses = await mastersOf(context, where)
    return Promise.all(addresses.map((address) => context.admin.aclVersion(address)))
  },
  print: (versions, { broker }) =>
    lines(
      broker === undefined
        ? [versionHeader, ...versions.map(versionRow), "get cluster's plain access config version success."]
        : [...versions.map(versionRow), "get broker's plain access config version success."],
    ),
})
