import type { ConnectOptions, Host, TlsServerOptions } from '@mq/io'
import { requireAccounts } from './accounts.js'
import { brokerFileTable, brokerSettings } from './broker-settings.js'
import { isLoopback } from './loopback.js'
import { readSettingsFile, settleProblems } from './settings-file.js'
import { takeTlsSettings } from './tls-settings.js'

export interface StartSettings {
  /** Entries of `-c`, as far as they are a broker's. */
  brokerConfig: Record<string, string>
  aclEnable: boolean
  /** `client`: how the parts of this process reach one another. */
  tls: { server: TlsServerOptions; client: ConnectOptions['tls']; text: string }
  /** Sentences about entries that do nothing. */
  warnings: string[]
}

interface StartFiles {
  configFile?: string
  tlsConfig?: string
  /** Address that will be listened on. */
  host: string
}

/** What the files of `mq start` say. Throws a sentence for what cannot be used. */
export function startSettings(flags: StartFiles, machine: Host): StartSettings {
  const { configFile, tlsConfig, host } = flags
  const entries = new Map<string, string>()
  const home = process.env['ROCKETMQ_HOME']
  if (home) entries.set('rocketmqHome', home)
  if (configFile !== undefined) for (const [key, value] of readSettingsFile(configFile)) entries.set(key, value)
  if (tlsConfig !== undefined) entries.set('tls.config.file', tlsConfig)
  const { server, client, problems: tlsProblems, text } = takeTlsSettings(entries)
  const { settings, problems } = brokerSettings(entries, machine)
  const warnings = settleProblems([...tlsProblems, ...problems], configFile ?? tlsConfig ?? 'tls.properties')
  requireAccounts(settings)
  const { brokerIP1 } = settings
  if (brokerIP1 !== undefined && !isLoopback(brokerIP1) && isLoopback(host)) {
    warnings.push(`clients are told to connect to brokerIP1=${brokerIP1}, which only --host 0.0.0.0 opens to them`)
  }
  const known = [...entries].filter(([key]) => Object.hasOwn(brokerFileTable.rows, key))
  return {
    brokerConfig: Object.fromEntries(known),
    aclEnable: settings.aclEnable,
    // Its own certificate is nothing that a process need check.
    tls: { server, client: client ?? (server.mode === 'enforcing' ? { rejectUnauthorized: false } : undefined), text },
    warnings,
  }
}
