import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { acknowledgementText } from './acknowledgement.js'
import type { LocalCluster } from './local-cluster.js'

export interface BannerFacts {
  cluster: LocalCluster
  /** `http://…`; undefined without a console. */
  console: string | undefined
  logFile: string | undefined
  memory: boolean
  /** What `--store` named. */
  store: string | undefined
  /** A clause. */
  tls: string
  /** A clause: from where it can be reached. */
  reachable: string
}

/** What `mq start` prints when it is ready. */
export function bannerText({ cluster, console, logFile, memory, store, tls, reachable }: BannerFacts): string {
  const { namesrv, brokerAddress, brokerName, clusterName, directory, acknowledges } = cluster
  const facts: [string, string][] = [
    ['Name server', namesrv],
    ['Broker', `${brokerAddress}  ${brokerName} in ${clusterName}`],
    ['Console', console ?? 'not started (--no-console)'],
    ['Data', directory === undefined ? 'in memory only' : directory + (store ? `  (--store ${store})` : '')],
    ['Logs', logFile ?? 'here; --log-dir DIR keeps them'],
    ['Acknowledged', acknowledgementText(acknowledges, memory)],
    ['TLS', tls],
    ['Reachable', reachable],
  ]
  const npx = mqCommand()
  const at = namesrv === '127.0.0.1:9876' ? '' : ` --namesrv ${namesrv}`
  return `
MQ is ready.

${facts.map(([name, fact]) => `  ${name.padEnd(14)}${fact}`).join('\n')}

Send and read a first message from another terminal:

  ${npx} produce TopicTest "hello"${at}
  ${npx} consume TopicTest${at}

To stop: Ctrl-C
`
}

/** How this very program is called from here: by its own name only where it is installed. */
const mqCommand = (): string =>
  existsSync(join(process.cwd(), 'node_modules', '.bin', 'mq')) ? 'npx mq' : 'npx -p @mq/cluster mq'
