import type { ConnectOptions, Host, TlsServerOptions } from '@mq/io'
import { requireAccounts } from './accounts.js'
import { brokerFileTable, brokerSettings } from './broker-settings.js'
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

/** What the files of `mq start` say. Throws a sentence for what cannot be used. */
export function startSettings(files: { configFile?: string; tlsConfig?: string }, host: Host): StartSettings {
  const { configFile, tlsConfig } = files
  const entries = new Map<string, string>()
  const home = process.env['ROCKETMQ_HOME']
  if (home) entries.set('rocketmqHome', home)
  if (configFile !== undefined) for (const [key, value] of readSettingsFile(configFile)) entries.set(key, value)
  if (tlsConfig !== undefined) entries.set('tls.config.file', tlsConfig)
  const { server, client, problems: tlsProblems, text } = takeTlsSettings(entries)
  const { settings, problems } = brokerSettings(entries, host)
  const warnings = settleProblems([...tlsProblems, ...problems], configFile ?? tlsConfig ?? 'tls.properties')
  requireAccounts(settings)
  const known = [...entries].filter(([key]) => Object.hasOwn(brokerFileTable.rows, key))
  return {
    brokerConfig: Object.fromEntries(known),
    aclEnable: settings.aclEnable,
    // Its own certificate is nothing that a process need check.
    tls: { server, client: client ?? (server.mode === 'enforcing' ? { rejectUnauthorized: false } : undefined), text },
    warnings,
  }
}
