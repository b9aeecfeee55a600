import { AdminClient, Producer } from '@mq/client'
import type { Session } from './run.js'
import type { ToolConnection } from './tool-connection.js'

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
