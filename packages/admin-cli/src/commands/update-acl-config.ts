import type { PlainAccessConfig } from '@mq/protocol'
import { accountText } from '../account-texts.js'
import { defineCommand } from '../command.js'
import { lines } from '../layout.js'
import { commaList, required, text, trueOrFalse } from '../options.js'
import { target, whereOf } from '../target.js'

export const updateAclConfig = defineCommand({
  name: 'updateAclConfig',
  description: 'create an account of the access control, or change one: what is not given stays as it was',
  options: {
    ...target,
    accessKey: required(text('-a, --accessKey <key>', 'access key of the account')),
    secretKey: text('-s, --secretKey <key>', 'its secret key, 7 characters at least; needed for a new account'),
    white: text('-w, --whiteRemoteAddress <pattern>', 'addresses from which it need not sign'),
    topicPerm: text('-i, --defaultTopicPerm <perm>', 'DENY, PUB, SUB or PUB|SUB, for topics not listed'),
    groupPerm: text('-u, --defaultGroupPerm <perm>', 'the same for groups'),
    topics: commaList('-t, --topicPerms <list>', 'as in topicA=DENY,topicB=PUB|SUB; replaces the list'),
    groups: commaList('-g, --groupPerms <list>', 'as in groupA=SUB; replaces the list'),
    admin: trueOrFalse('-m, --admin <true|false>', 'may it change the cluster'),
  },
  examples: [
    'mqadmin updateAclConfig -n 127.0.0.1:9876 -c DefaultCluster -a orders-service -s a-long-secret -t "Orders=PUB|SUB"',
  ],
  async run({ admin }, options) {
    const { accessKey, secretKey } = options
    const account: PlainAccessConfig = {
      accessKey,
      secretKey,
      whiteRemoteAddress: options.white,
      admin: options.admin,
      defaultTopicPerm: options.topicPerm,
      defaultGroupPerm: options.groupPerm,
      topicPerms: options.topics,
      groupPerms: options.groups,
    }
    const addresses = await admin.updateAccount(whereOf(options), account)
    const { secretKey: _, ...shown } = account
    return { addresses, account: shown }
  },
  print: ({ addresses, account }) =>
    lines([
      ...addresses.map((address) => `create or update plain access config to ${address} success.`),
      accountText(account),
    ]),
})
