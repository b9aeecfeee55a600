import { join, resolve } from 'node:path'
import { formatAddress, type Address } from '@mq/io'
import { nodeIo } from '@mq/io/node'
import { recoveryText } from '@mq/store'
import { version } from '../../package.json'
import { bannerText } from '../banner.js'
import { stopOnSignals } from '../cli/until-stopped.js'
import { readPort } from '../cli/usage-error.js'
import { isLoopback, reachableHost } from '../config/loopback.js'
import { settleProblems } from '../config/settings-file.js'
import { takeTlsSettings } from '../config/tls-settings.js'
import { startLocalCluster } from '../local-cluster.js'
import { openServerLog } from '../logs/server-log.js'
import { writePidFile } from '../run-folder/pid-files.js'

export interface StartFlags {
  data: string
  namesrvPort: string
  brokerPort: string
  consolePort: string
  host: string
  memory?: boolean
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
  const directory = memory ? undefined : resolve(flags.data)
  const logDirectory = flags.logDir === undefined ? directory && join(directory, 'logs') : resolve(flags.logDir)
  const tls = takeTlsSettings(new Map(flags.tlsConfig === undefined ? [] : [['tls.config.file', flags.tlsConfig]]))
  settleProblems(tls.problems, flags.tlsConfig ?? 'tls.properties')
  const log = openServerLog({ name: 'mq', directory: logDirectory })
  const io = nodeIo({ onError: (error) => log.logger.error({ error }, `unexpected: ${String(error)}`) })
  const say = (sentence: string) => void process.stderr.write(`${sentence}\n`)
  const cluster = await startLocalCluster({
    ...{ io, logger: log.logger, directory, memory, host, tls, ...ports },
    onRecovery: (progress) => say(recoveryText(progress)),
  })
  const console = flags.console ? await openConsole(host, ports.consolePort, cluster, log.logger) : undefined
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
      console: console && urlOf(console.address),
      logFile: log.file,
      memory,
      tls: tls.text,
      open: !isLoopback(host),
    }),
  )
}

const urlOf = ({ host, port }: Address): string => `http://${formatAddress({ host: reachableHost(host), port })}`

/** Read only now: name server and broker are up without it. */
async function openConsole(
  host: string,
  port: number,
  cluster: Awaited<ReturnType<typeof startLocalCluster>>,
  logger: ReturnType<typeof openServerLog>['logger'],
) {
  try {
    const { startConsole } = await import('@mq/console')
    return await startConsole({
      namesrv: cluster.namesrv,
      host,
      port,
      version,
      logger: logger.child({ part: 'console' }),
    })
  } catch (error) {
    await cluster.close()
    throw error
  }
}
