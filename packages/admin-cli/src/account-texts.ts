import type { AclVersion } from '@mq/client'
import type { PlainAccessConfig } from '@mq/protocol'
import { row, secondsText } from './layout.js'
import { javaText } from './texts.js'

type Fields = Record<string, string | boolean | undefined>

/** The fields of `PlainAccessConfig` (4.7.1) but the secret, which nobody needs to see again. */
function fieldsOf({ topicPerms, groupPerms, secretKey: _, ...fields }: PlainAccessConfig): Fields {
  const list = (items: readonly string[] | undefined) => items && `[${items.join(', ')}]`
  const { accessKey, whiteRemoteAddress, admin, defaultTopicPerm, defaultGroupPerm } = fields
  const lists = { topicPerms: list(topicPerms), groupPerms: list(groupPerms) }
  return { accessKey, whiteRemoteAddress, admin, defaultTopicPerm, defaultGroupPerm, ...lists }
}

export const accountText = (account: PlainAccessConfig): string => javaText('PlainAccessConfig', fieldsOf(account))

/** One account as `getAccessConfigSubCommand` lists it. */
export const accountLines = (account: PlainAccessConfig): string[] =>
  Object.entries(fieldsOf(account)).map(([name, value]) => row('%-1s %-18s: %s', '', name, value ?? ''))

const versionFormat = '%-16s  %-22s  %-22s  %-20s  %-22s'

export const versionHeader = row(
  versionFormat,
  ...['#Cluster Name', '#Broker Name', '#Broker Addr', '#AclConfigVersionNum', '#AclLastUpdateTime'],
)

export const versionRow = ({ clusterName, brokerName, brokerAddr, counter, timestamp }: AclVersion): string =>
  row(versionFormat, clusterName, brokerName, brokerAddr, counter, secondsText(timestamp))
