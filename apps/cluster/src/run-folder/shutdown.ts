import { runningServers, type ServerKind } from './pid-files.js'

const processNames: Record<ServerKind, string> = { broker: 'mqbroker', namesrv: 'mqnamesrv', mq: 'mq' }

/** Asks all servers of a kind to stop, as RocketMQ's `mqshutdown` does and in its words. Returns the exit code. */
export function shutDown(kind: ServerKind, say: (line: string) => void, folder?: string): number {
  const name = processNames[kind]
  const servers = runningServers(kind, folder)
  if (servers.length === 0) {
    say(`No ${name} running.`)
    if (kind !== 'mq' && runningServers('mq', folder).length > 0)
      say("A cluster of 'mq start' is running: 'mqshutdown mq' stops it.")
    return 255
  }
  for (const { pid } of servers) {
    say(`The ${name}(${pid}) is running...`)
    process.kill(pid, 'SIGTERM')
    say(`Send shutdown request to ${name}(${pid}) OK`)
  }
  return 0
}
