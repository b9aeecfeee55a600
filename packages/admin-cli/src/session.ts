import { AdminClient, Producer, type Credentials } from '@mq/client'
import type { Session } from './run.js'

export interface ToolConnection {
  credentials?: Credentials
  tls?: { rejectUnauthorized: boolean }
}

/** Works on the cluster of these name servers. */
export function connect(namesrv: string, { credentials, tls }: ToolConnection = {}): Session {
  const admin = new AdminClient({ namesrv, credentials, tls })
  let producer: Producer | undefined
  return {
    admin,
    async producer() {
      producer ??= new Producer({ namesrv, credentials, tls, group: 'TOOLS_PRODUCER' })
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

/** What `--tls` and `--tls-insecure` ask for; the second takes any certificate, as RocketMQ's own tools do. */
export const tlsOf = (tls: unknown, insecure: unknown): ToolConnection['tls'] =>
  tls || insecure ? { rejectUnauthorized: !insecure } : undefined
