import { join, resolve } from 'node:path'
import { formatAddress } from '@mq/io'
import { nodeIo } from '@mq/io/node'
import { NameServer, namesrvConfigTable } from '@mq/namesrv'
import { stopOnSignals } from '../cli/until-stopped.js'
import { readPort } from '../cli/usage-error.js'
import { isLoopback } from '../config/loopback.js'
import { requireGuard } from '../config/open-listener.js'
import { readSettingsFile, settleProblems } from '../config/settings-file.js'
import { takeTlsSettings, type TlsSettings } from '../config/tls-settings.js'
import { openServerLog } from '../logs/server-log.js'
import { writePidFile } from '../run-folder/pid-files.js'

export interface NamesrvFlags {
  configFile?: string
  /** True: print the configuration, as `-p` of RocketMQ's own does. */
  port?: string | true
  host?: string
  tlsConfig?: string
  insecure?: boolean
  logDir?: string
}

const dataDirectory = 'mq-data/namesrv'
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const warn = (line: string): void => void process.stderr.write(`mqnamesrv: ${line}\n`)

/** `mqnamesrv`: a name server until Ctrl-C or `mqshutdown namesrv`. Returns when it is ready. */
export async function runNamesrv(flags: NamesrvFlags): Promise<void> {
  const entries = flags.configFile === undefined ? new Map<string, string>() : readSettingsFile(flags.configFile)
  if (typeof flags.port === 'string') entries.set('listenPort', String(readPort('-p', flags.port)))
  if (flags.host !== undefined) entries.set('bindAddress', flags.host)
  if (!entries.has('kvConfigPath')) entries.set('kvConfigPath', resolve(dataDirectory, 'kvConfig.json'))
  if (flags.tlsConfig !== undefined) entries.set('tls.config.file', flags.tlsConfig)
  const tls = takeTlsSettings(entries)
  const { config, problems } = namesrvConfigTable.read(entries)
  const warnings = settleProblems([...tls.problems, ...problems], flags.configFile ?? 'command line')
  if (flags.port === true) {
    process.stdout.write(namesrvConfigTable.print(config))
    return
  }
  requireGuard({ host: config.bindAddress, tls: tls.server, insecure: flags.insecure })
  for (const sentence of warnings) warn(sentence)
  await serve(config, tls, flags)
}

async function serve(
  config: ReturnType<typeof namesrvConfigTable.defaults>,
  tls: TlsSettings,
  flags: NamesrvFlags,
): Promise<void> {
  const log = openServerLog({ name: 'namesrv', directory: resolve(flags.logDir ?? join(dataDirectory, 'logs')) })
  const io = nodeIo({ onError: (error) => log.logger.error({ error }, `unexpected: ${String(error)}`) })
  const server = new NameServer({ io, logger: log.logger.child({ part: 'namesrv' }), config, tls: tls.server })
  const address = formatAddress(await server.start())
  const removePidFile = writePidFile('namesrv', address)
  stopOnSignals(async () => {
    await server.close()
    removePidFile()
    await log.close()
  }, warn)
  say(`Logs: ${log.file}`)
  say(
    isLoopback(config.bindAddress)
      ? `Listening on ${config.bindAddress}: only this machine can connect. --host 0.0.0.0 or bindAddress opens it, together with --insecure.`
      : `Listening on ${config.bindAddress}, for the network: ${flags.insecure ? 'anybody can connect (--insecure).' : 'who connects must have a certificate.'}`,
  )
  say(`TLS: ${tls.text}`)
  say(`The Name Server boot success. serializeType=JSON, address ${address}`)
}
