import { dirname, join, resolve } from 'node:path'
import { nodeIo } from '@mq/io/node'
import { recoveryText } from '@mq/store'
import { acknowledgementText } from '../acknowledgement.js'
import { startBrokerServer } from '../broker-server.js'
import { httpText } from '../cli/http-text.js'
import { stopOnSignals } from '../cli/until-stopped.js'
import { requireAccounts } from '../config/accounts.js'
import { brokerFileTable, brokerSettings, type BrokerSettings } from '../config/broker-settings.js'
import { isLoopback } from '../config/loopback.js'
import { requireGuard } from '../config/open-listener.js'
import { readSettingsFile, settleProblems } from '../config/settings-file.js'
import { takeTlsSettings, type TlsSettings } from '../config/tls-settings.js'
import { openServerLog } from '../logs/server-log.js'
import { writePidFile } from '../run-folder/pid-files.js'
import { loadStoreEngine } from '../store-engine.js'

export interface BrokerFlags {
  namesrvAddr?: string
  configFile?: string
  printConfigItem?: boolean
  printImportantConfig?: boolean
  host?: string
  tlsConfig?: string
  insecure?: boolean
  store?: string
  logDir?: string
}

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const warn = (line: string): void => void process.stderr.write(`mqbroker: ${line}\n`)

/** `mqbroker`: a broker until Ctrl-C or `mqshutdown broker`. Returns when it is ready, or has printed what was asked for. */
export async function runBroker(flags: BrokerFlags): Promise<void> {
  const { host } = nodeIo()
  const entries = entriesOf(flags)
  const tls = takeTlsSettings(entries)
  const { settings, problems } = brokerSettings(entries, host)
  const warnings = settleProblems([...tls.problems, ...problems], flags.configFile ?? 'command line')
  if (flags.printConfigItem || flags.printImportantConfig) {
    process.stdout.write(brokerFileTable.print(settings, { importantOnly: !flags.printConfigItem }))
    return
  }
  requireAccounts(settings)
  requireGuard({
    ...{
      host: settings.bindAddress,
      because: entries.has('bindAddress') ? undefined : `brokerIP1=${settings.brokerIP1}`,
    },
    ...{ tls: tls.server, acl: settings.aclEnable, insecure: flags.insecure },
  })
  for (const sentence of warnings) warn(sentence)
  await serve(settings, tls, flags)
}

/** What the command line says wins over the file, the file over the environment. */
function entriesOf({ configFile, namesrvAddr, host, tlsConfig }: BrokerFlags): Map<string, string> {
  const entries = new Map<string, string>()
  const fromEnvironment = process.env['NAMESRV_ADDR']
  if (fromEnvironment) entries.set('namesrvAddr', fromEnvironment)
  const home = process.env['ROCKETMQ_HOME']
  if (home) entries.set('rocketmqHome', home)
  if (configFile !== undefined) for (const [key, value] of readSettingsFile(configFile)) entries.set(key, value)
  if (tlsConfig !== undefined) entries.set('tls.config.file', tlsConfig)
  if (namesrvAddr !== undefined) entries.set('namesrvAddr', namesrvAddr)
  if (host !== undefined) entries.set('bindAddress', host)
  return entries
}

async function serve(settings: BrokerSettings, tls: TlsSettings, flags: BrokerFlags): Promise<void> {
  const { brokerName, storePathRootDir, fetchNamesrvAddrByAddressServer } = settings
  const engine = await loadStoreEngine(flags.store)
  const log = openServerLog({
    name: `broker-${brokerName}`,
    directory: flags.logDir === undefined ? join(dirname(storePathRootDir), 'logs') : resolve(flags.logDir),
  })
  const io = nodeIo({ onError: (error) => log.logger.error({ error }, `unexpected: ${String(error)}`) })
  const server = await startBrokerServer(settings, {
    io,
    logger: log.logger,
    engine,
    tls: tls.server,
    clientTls: tls.client,
    fetchText: httpText,
    onRecovery: (progress) => say(recoveryText(progress)),
  })
  const removePidFile = writePidFile('broker', server.advertisedAddress)
  stopOnSignals(async () => {
    await server.close()
    removePidFile()
    await log.close()
  }, warn)
  say(`Store: ${storePathRootDir}. A message is acknowledged ${acknowledgementText(server.acknowledges)}.`)
  say(`Logs: ${log.file}`)
  say(reachText(settings, flags.insecure))
  say(`TLS: ${tls.text}`)
  const { namesrvAddr } = server.broker.config
  const nameServers = namesrvAddr === undefined ? '' : ` and name server is ${namesrvAddr}`
  say(`The broker[${brokerName}, ${server.advertisedAddress}] boot success. serializeType=JSON${nameServers}`)
  if (namesrvAddr !== undefined) return
  warn(
    fetchNamesrvAddrByAddressServer
      ? 'no address server has named a name server yet; the log says why, and it is asked again every two minutes'
      : 'it is known to no name server: -n host:9876 names one',
  )
}

function reachText({ bindAddress, aclEnable }: BrokerSettings, insecure: boolean | undefined): string {
  if (isLoopback(bindAddress)) {
    return `Listening on ${bindAddress}: only this machine can connect. brokerIP1 or bindAddress in the configuration, or --host, opens it, together with aclEnable=true or --insecure.`
  }
  const who = aclEnable
    ? 'requests must be signed (aclEnable)'
    : insecure
      ? 'anybody can connect (--insecure); aclEnable=true would ask who it is'
      : 'who connects must have a certificate'
  return `Listening on ${bindAddress}, for the network: ${who}.`
}
