import { AdminClient, Producer, type Credentials } from '@mq/client'
import type { Session } from './run.js'

/** Works on the cluster of these name servers. */
export function connect(namesrv: string, credentials?: Credentials): Session {
  const admin = new AdminClient({ namesrv, credentials })
  let producer: Producer | undefined
  return {
    admin,
    async producer() {
      producer ??= new Producer({ namesrv, credentials, group: 'TOOLS_PRODUCER' })
      return producer.start()
    },
    async close() {
      await producer?.close()
      await admin.close()
    },
  }
}

/** Who the tool is to brokers with access control: `MQ_ACCESS_KEY`, `MQ_SECRET_KEY`, `MQ_SECURITY_TOKEN`. */
export function credentialsOf(env: Readonly<Record<string, string | undefined>>): Credentials | undefined {
  const { MQ_ACCESS_KEY: accessKey, MQ_SECRET_KEY: secretKey, MQ_SECURITY_TOKEN: securityToken } = env
  return accessKey && secretKey ? { accessKey, secretKey, ...(securityToken && { securityToken }) } : undefined
}
