import { X509Certificate } from 'node:crypto'
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
  'tls.server.need.client.auth': row(
    oneOf('none', 'optional', 'require'),
    'none' as const,
    'May, or must, clients have a certificate?',
  ),
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
  const server = serverOf(config)
  return { server, client: clientOf(config), problems, text: textOf(config, server) }
}

function serverOf(config: TlsConfig): TlsServerOptions {
  const mode = config['tls.server.mode']
  if (mode === 'disabled') return { mode }
  const clients = clientsOf(config)
  if (isSelfSigned(config)) return { mode, ...clients, makeCertificate: selfSigned }
  const [key, cert] = [pem(config, 'tls.server.keyPath'), pem(config, 'tls.server.certPath')]
  if (key === undefined || cert === undefined)
    throw new Error('tls.server.keyPath and tls.server.certPath are needed both, unless tls.test.mode.enable=true')
  const server = { mode, ...clients, key, cert, passphrase: config['tls.server.keyPassword'] }
  return { ...server, source: { paths: filesOf(config), read: () => serverOf(config) } }
}

/** Whose certificates clients are asked for. */
function clientsOf(config: TlsConfig): Pick<TlsServerOptions, 'ca' | 'clientCertificate'> {
  const clientCertificate = config['tls.server.need.client.auth']
  const ca = pem(config, 'tls.server.trustCertPath')
  if (clientCertificate === 'require') {
    const needs = 'tls.server.need.client.auth=require needs'
    if (!config['tls.server.authClient'])
      throw new Error(`${needs} tls.server.authClient=true: else any certificate would do`)
    if (ca === undefined)
      throw new Error(`${needs} tls.server.trustCertPath: else one of any public authority would do`)
  }
  return config['tls.server.authClient'] ? { ca, clientCertificate } : {}
}

const serverFiles = ['tls.server.keyPath', 'tls.server.certPath', 'tls.server.trustCertPath'] as const
const filesOf = (config: TlsConfig): string[] => serverFiles.flatMap((key) => config[key] ?? [])

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

function textOf(config: TlsConfig, { cert, clientCertificate = 'none' }: TlsServerOptions): string {
  const mode = config['tls.server.mode']
  if (mode === 'disabled') return 'off (tls.server.mode=disabled)'
  const by = isSelfSigned(config) ? 'a self-signed certificate made when first needed' : config['tls.server.certPath']
  const asked = { none: '', optional: ', client certificates checked', require: ', client certificates required' }
  return `${mode === 'permissive' ? 'as well as plain' : 'only'}, with ${by}${expiryText(cert)}${asked[clientCertificate]}`
}

/** Clients that check find out; those who start the server should before. */
function expiryText(cert: string | undefined): string {
  const expiresMs = cert === undefined ? undefined : expiryOf(cert)
  if (expiresMs === undefined || expiresMs > Date.now()) return ''
  return `, which has expired on ${new Date(expiresMs).toISOString().slice(0, 10)}: renew it, clients that check it do not connect`
}

/** Undefined for what is no certificate: listening says that. */
function expiryOf(cert: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(cert).validTo)
  } catch {
    return undefined
  }
}
