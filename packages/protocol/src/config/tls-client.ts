import type { ConfigOf } from './config-table.js'
import { configValue } from './schemas.js'

const { text, bool } = configValue
const row = <S, T>(schema: S, defaultValue: T, doc: string) =>
  ({ schema, default: defaultValue, doc, status: 'implemented' }) as const

/** RocketMQ's `tls.*` properties of those that connect (`TlsSystemConfig`, 4.7.1). Paths are of PEM files. */
export const tlsClientRows = {
  'tls.enable': row(bool(), false, 'Connect with TLS.'),
  'tls.client.keyPath': row(text(), undefined, 'Private key of the client certificate.'),
  'tls.client.keyPassword': row(text(), undefined, 'Password of that key.'),
  'tls.client.certPath': row(text(), undefined, 'Client certificate.'),
  'tls.client.authServer': row(bool(), false, 'Check the certificates of servers.'),
  'tls.client.trustCertPath': row(text(), undefined, 'Authorities of these.'),
} as const

const fileKeys = ['tls.client.keyPath', 'tls.client.certPath', 'tls.client.trustCertPath'] as const

/** In the shape of `TlsClientOptions` of `@mq/io`, whose files are looked at again. */
export interface TlsByProperties {
  ca: string | undefined
  key: string | undefined
  cert: string | undefined
  passphrase: string | undefined
  rejectUnauthorized: boolean
  /** Undefined when no file is named. */
  source: { paths: readonly string[]; read(): TlsByProperties } | undefined
}

/** How to connect with TLS by these properties; `readFile` gives the text of a path. */
export function tlsClientOptions(
  config: ConfigOf<typeof tlsClientRows>,
  readFile: (key: string, path: string) => string,
): TlsByProperties {
  const pem = (key: (typeof fileKeys)[number]) => (config[key] === undefined ? undefined : readFile(key, config[key]))
  const paths = fileKeys.flatMap((key) => config[key] ?? [])
  return {
    ca: pem('tls.client.trustCertPath'),
    key: pem('tls.client.keyPath'),
    cert: pem('tls.client.certPath'),
    passphrase: config['tls.client.keyPassword'],
    rejectUnauthorized: config['tls.client.authServer'] === true,
    source: paths.length === 0 ? undefined : { paths, read: () => tlsClientOptions(config, readFile) },
  }
}
