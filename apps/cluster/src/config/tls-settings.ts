import { existsSync, readFileSync } from 'node:fs'
import type { ConnectOptions, TlsServerOptions } from '@mq/io'
import { configTable, configValue, tlsClientOptions, tlsClientRows, type ConfigProblem } from '@mq/protocol'
import { selfSigned } from './self-signed.js'
import { readSettingsFile } from './settings-file.js'

const { text, bool, oneOf } = configValue
const row = <S, T>(schema: S, defaultValue: T, doc: string) =>
  ({ schema, default: defaultValue, doc, status: 'implemented' }) as const

/** RocketMQ's `tls.*` properties (`TlsSystemConfig`, 4.7.1). Paths are of PEM files. */
const tlsTable = configTable('TLS', {
  'tls.server.mode': row(
    oneOf('disabled', 'permissive', 'enforcing'),
    'permissive' as const,
    'Plain, both, TLS alone.',
  ),
  'tls.test.mode.enable': row(
    bool(),
    undefined,
    'Use a certificate made at the first hello. Default: when none is given.',
  ),
  'tls.server.keyPath': row(text(), undefined, 'Private key.'),
  'tls.server.keyPassword': row(text(), undefined, 'Password of that key.'),
  'tls.server.certPath': row(text(), undefined, 'Certificate, with those between it and its authority.'),
  'tls.server.trustCertPath': row(text(), undefined, 'Authorities of client certificates.'),
  'tls.server.authClient': row(bool(), false, 'Check client certificates.'),
  'tls.server.need.client.auth': row(oneOf('none', 'require'), 'none' as const, 'Ask clients for a certificate.'),
  // Towards name servers.
  ...tlsClientRows,
})
type TlsConfig = ReturnType<typeof tlsTable.defaults>

const defaultFile = '/etc/rocketmq/tls.properties'
const fileKey = 'tls.config.file'

export interface TlsSettings {
  server: TlsServerOptions
  /** Towards name servers; undefined: plain. */
  client: ConnectOptions['tls']
  problems: ConfigProblem[]
  /** A sentence for the start. */
  text: string
}

/**
 * Takes the `tls.*` keys out of the entries of a configuration file. Those of `tls.config.file`, where there is one, win, as
 * in 4.7.1. Throws a sentence for a file that cannot be read.
 */
export function takeTlsSettings(entries: Map<string, string>): TlsSettings {
  const own = [...entries].filter(([key]) => key.startsWith('tls.'))
  for (const [key] of own) entries.delete(key)
  const given = new Map(own)
  const file = given.get(fileKey)?.trim() ?? (existsSync(defaultFile) ? defaultFile : undefined)
  given.delete(fileKey)
  const { config, problems } = tlsTable.read([...given, ...(file === undefined ? [] : readSettingsFile(file))])
  return { server: serverOf(config), client: clientOf(config), problems, text: textOf(config) }
}

function serverOf(config: TlsConfig): TlsServerOptions {
  const mode = config['tls.server.mode']
  if (mode === 'disabled') return { mode }
  const asksClients = config['tls.server.need.client.auth'] === 'require'
  if (asksClients && !config['tls.server.authClient'])
    throw new Error(
      'tls.server.need.client.auth=require needs tls.server.authClient=true: else any certificate would do',
    )
  const clients = { ca: pem(config, 'tls.server.trustCertPath'), requestClientCert: asksClients }
  if (isSelfSigned(config)) return { mode, ...clients, makeCertificate: selfSigned }
  const [key, cert] = [pem(config, 'tls.server.keyPath'), pem(config, 'tls.server.certPath')]
  if (key === undefined || cert === undefined)
    throw new Error('tls.server.keyPath and tls.server.certPath are needed both, unless tls.test.mode.enable=true')
  return { mode, ...clients, key, cert, passphrase: config['tls.server.keyPassword'] }
}

/** 4.7.1 makes one whenever tls.test.mode.enable is not switched off, whatever certificate is given. */
const isSelfSigned = (config: TlsConfig): boolean =>
  config['tls.test.mode.enable'] ??
  (config['tls.server.keyPath'] === undefined && config['tls.server.certPath'] === undefined)

function clientOf(config: TlsConfig): ConnectOptions['tls'] {
  return config['tls.enable'] ? tlsClientOptions(config, readPem) : undefined
}

function pem(config: TlsConfig, key: keyof TlsConfig): string | undefined {
  const path = config[key]
  return typeof path === 'string' ? readPem(key, path) : undefined
}

function readPem(key: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Error(`${key}: ${path} cannot be read (${(cause as NodeJS.ErrnoException).code})`, { cause })
  }
}

function textOf(config: TlsConfig): string {
  const mode = config['tls.server.mode']
  if (mode === 'disabled') return 'off (tls.server.mode=disabled)'
  const by = isSelfSigned(config) ? 'a self-signed certificate made when first needed' : config['tls.server.certPath']
  return `${mode === 'permissive' ? 'as well as plain' : 'only'}, with ${by}`
}
