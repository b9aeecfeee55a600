import type { AclConfig, PlainAccessConfig } from '@mq/protocol'
import { isTrue } from './acl-rules.js'

/** What code 54 shows of a file that was found usable: all but the secrets, which 4.7.1 sends along. */
export function readAclConfig(document: unknown): AclConfig {
  const { globalWhiteRemoteAddresses, accounts } = document as Record<string, unknown>
  return {
    globalWhiteAddrs: texts(globalWhiteRemoteAddresses) ?? [],
    plainAccessConfigs: (Array.isArray(accounts) ? (accounts as Record<string, unknown>[]) : []).map(readListed),
  }
}

function readListed(account: Record<string, unknown>): PlainAccessConfig {
  const listed: PlainAccessConfig = { accessKey: String(account['accessKey']), admin: isTrue(account['admin']) }
  for (const key of ['whiteRemoteAddress', 'defaultTopicPerm', 'defaultGroupPerm'] as const) {
    const value = account[key]
    if (typeof value === 'string' && value !== '') listed[key] = value
  }
  for (const key of ['topicPerms', 'groupPerms'] as const) {
    const value = texts(account[key])
    if (value !== undefined) listed[key] = value
  }
  return listed
}

const texts = (value: unknown): string[] | undefined => (Array.isArray(value) ? (value as string[]) : undefined)
