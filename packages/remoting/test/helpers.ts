import type { Logger } from '@mq/io'
import { simulate } from '@mq/io/sim'
import {
  createRemotingClient,
  RemotingServer,
  type RemotingClientOptions,
  type RemotingServerOptions,
} from '../src/index.js'

/** A server at `10.0.0.1`-like address and a client on another host, in virtual time. */
export async function pair(
  options: { server?: Partial<RemotingServerOptions>; client?: Partial<RemotingClientOptions>; seed?: number } = {},
) {
  const sim = simulate({ seed: options.seed ?? 1 })
  const serverHost = sim.host('server')
  const clientHost = sim.host('client')
  const logs = recordingLogger()
  const server = new RemotingServer({ io: serverHost.io, logger: logs.logger, ...options.server })
  const client = createRemotingClient({ io: clientHost.io, ...options.client })
  const at = await sim.settle(server.listen({ host: serverHost.address, port: 10911 }))
  return { sim, serverHost, clientHost, server, client, address: `${at.host}:${at.port}`, logs: logs.lines }
}

export function recordingLogger() {
  const lines: string[] = []
  const write = (_fields: object, message: string) => void lines.push(message)
  const logger: Logger = { debug() {}, info: write, warn: write, error: write, child: () => logger }
  return { lines, logger }
}
