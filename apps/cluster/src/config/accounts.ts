import { existsSync } from 'node:fs'
import type { BrokerSettings } from './broker-settings.js'

/** Before anything is written: a broker that is to know its clients does not start without their file. */
export function requireAccounts({ aclEnable, 'rocketmq.acl.plain.file': path }: BrokerSettings): void {
  if (!aclEnable || (path !== undefined && existsSync(path))) return
  throw new Error(
    `the access control file ${path} cannot be used: there is no such file. Make it, or set aclEnable=false`,
  )
}
