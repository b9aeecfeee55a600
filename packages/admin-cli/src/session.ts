import { AdminClient, Producer } from '@mq/client'
import type { Session } from './run.js'

/** Works on the cluster of these name servers. */
export function connect(namesrv: string): Session {
  const admin = new AdminClient({ namesrv })
  let producer: Producer | undefined
  return {
    admin,
    async producer() {
      producer ??= new Producer({ namesrv, group: 'TOOLS_PRODUCER' })
      return producer.start()
    },
    async close() {
      await producer?.close()
      await admin.close()
    },
  }
}
