import { existsSync, readFileSync } from 'node:fs'
import { toolConnection, type ConnectionFlags, type ToolConnection } from '@mq/admin'

/** Who the clients of this process are, and how they connect: by flags, environment and files, as `mqadmin` has it. */
export const connectionOf = (flags: ConnectionFlags): Promise<ToolConnection> =>
  toolConnection(flags, {
    env: process.env,
    readFile: (path) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined),
  })
