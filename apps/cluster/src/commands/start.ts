import { join, resolve } from 'node:path'
import type { Credentials } from '@mq/client'
import { formatAddress, type Address, type Logger } from '@mq/io'
import { nodeIo } from '@mq/io/node'
import { recoveryText } from '@mq/store'
import { version } from '../../package.json'
import { bannerText } from '../banner.js'
import { stopOnSignals } from '../cli/until-stopped.js'
import { readPort, UsageError } from '../cli/usage-error.js'
import { isLoopback, reachableHost } from '../config/loopback.js'
import { requireGuard } from '../config/open-listener.js'
import { startSettings, type StartSettings } from '../config/start-settings.js'
import { startLocalCluster, type LocalCluster } from '../local-cluster.js'
import { openServerLog } from '../logs/server-log.js'
import { writePidFile } from '../run-folder/pid-files.js'
import { loadStoreEngine } from '../store-engine.js'

export interface StartFlags {
  configFile?: string
  data: string
  namesrvPort: string
  brokerPort: string
  consolePort: string
  host: string
  memory?: boolean
  store?: string
  insecure?: boolean
  tlsConfig?: string
  logDir?: string
  /** False with `--no-console`. */
  console: boolean
}

/** `mq start`: a cluster in this process until Ctrl-C. Returns when it is ready. */
export async function start(flags: StartFlags): Promise<void> {
  const ports = {
    namesrvPort: readPort('--namesrv-port', flags.namesrvPort),
    brokerPort: readPort('--broker-port', flags.brokerPort),
    consolePort: readPort('--console-port', flags.consolePort),
  }
  const { host, memory = false } = flags
  if (memory && flags.store !== undefined) throw new UsageError('--memory keeps no store: leave out --store')
  const directory = memory ? undefined : resolve(flags.data)
  const logDirectory = flags.logDir === undefined ? directory && join(directory, 'logs') : resolve(flags.logDir)
  const { brokerConfig, aclEnable, tls, warnings } = startSettings(flags, nodeIo().host)
  requireGuard({ host, tls: tls.server, acl: aclEnable, insecure: flags.insecure })
  const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)
  for (const sentence of warnings) say(`mq: ${sentence}`)
  const engine = await loadStoreEngine(flags.store)
  const credentials = await ownCredentials(aclEnable)
  const log = openServerLog({ name: 'mq', directory: logDirectory })
  const io = nodeIo({ onError: (error) => log.logger.error({ error }, `unexpected: ${String(error)}`) })
  const { logger } = log
  const cluster = await startLocalCluster({
    ...{ io, logger, directory, memory, engine, host, insecure: flags.insecure, tls, brokerConfig, ...ports },
    onRecovery: (progress) => say(recoveryText(progress)),
  })
  const console = flags.console
    ? await openConsole(cluster, { host, port: ports.consolePort, insecure: flags.insecure, credentials }, tls, logger)
    : undefined
  const removePidFile = writePidFile('mq', cluster.namesrv)
  stopOnSignals(async () => {
    await console?.close()
    await cluster.close()
    removePidFile()
    await log.close()
  }, say)
  process.stdout.write(
    bannerText({
      cluster,
      console: console && urlOf(console.address) + (aclEnable && credentials === undefined ? strangerText : ''),
      logFile: log.file,
      memory,
      store: engine && flags.store,
      tls: tls.text,
      reachable: reachText(host, aclEnable, flags.insecure),
    }),
  )
}

function reachText(host: string, aclEnable: boolean, insecure: boolean | undefined): string {
  if (isLoopback(host)) {
    return 'from this machine only; --host 0.0.0.0 opens it, together with aclEnable=true or --insecure'
  }
  const who = aclEnable ? 'the broker takes signed requests only' : insecure ? 'by anybody' : 'by who has a certificate'
  return `from the network: ${who}${insecure ? ' (--insecure)' : '; the console from this machine only'}`
}

const urlOf = ({ host, port }: Address): string => `http://${formatAddress({ host: reachableHost(host), port })}`

const strangerText = '  which may do little: MQ_ACCESS_KEY and MQ_SECRET_KEY sign for it'

/** Read only where there is access control: clients are much to load. */
const ownCredentials = async (aclEnable: boolean): Promise<Credentials | undefined> =>
  aclEnable ? (await (await import('../cli/connection.js')).connectionOf({})).credentials : undefined

interface ConsolePlace {
  host: string
  port: number
  insecure?: boolean
  credentials: Credentials | undefined
}

/** Read only now: name server and broker are up without it. It has no login, so the network needs `--insecure` to reach it. */
async function openConsole(
  cluster: LocalCluster,
  { host, port, insecure = false, credentials }: ConsolePlace,
  tls: StartSettings['tls'],
  logger: Logger,
) {
  try {
    const { startConsole } = await import('@mq/console')
    return await startConsole({
      namesrv: cluster.namesrv,
      host: insecure || isLoopback(host) ? host : '127.0.0.1',
      port,
      insecure,
      credentials,
      tls: tls.client,
      version,
      logger: logger.child({ part: 'console' }),
    })
  } catch (error) {
    await cluster.close()
    throw error
  }
}
