import type { AdminClientOptions, Credentials } from '@mq/client'
import { configTable, parseProperties, tlsClientOptions, tlsClientRows } from '@mq/protocol'
import { UsageError } from './errors.js'

/** How the tool connects: who it is, and whether with TLS. */
export interface ToolConnection {
  credentials?: Credentials | undefined
  tls?: AdminClientOptions['tls']
}

/** What every command line may say about it. */
export interface ConnectionFlags {
  ak?: string
  sk?: string
  tls?: boolean
  tlsInsecure?: boolean
  tlsConfig?: string
}

/** Where the rest comes from. */
export interface ConnectionWorld {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The text of a file; undefined when there is none. */
  readFile(path: string): string | undefined
}

/** Their lines of a command's help. */
export const connectionOptions = [
  ['--ak <key>', 'access key (default: $MQ_ACCESS_KEY, else accessKey in $ROCKETMQ_HOME/conf/tools.yml)'],
  ['--sk <key>', 'secret key; others on this machine can read a command line: rather $MQ_SECRET_KEY or tools.yml'],
  ['--tls', 'connect with TLS; NODE_EXTRA_CA_CERTS names an authority of your own'],
  ['--tls-insecure', 'the same, taking any certificate'],
  ['--tls-config <file>', 'the same, by tls.client.* properties as RocketMQ has them'],
] as const

/** RocketMQ's users write `-ak` and `-sk`. */
export const withLongKeys = (argv: readonly string[]): string[] =>
  argv.map((word) => (word === '-ak' || word === '-sk' ? `-${word}` : word))

export async function toolConnection(flags: ConnectionFlags, world: ConnectionWorld): Promise<ToolConnection> {
  return { credentials: await toolCredentials(flags, world), tls: toolTls(flags, world) }
}

/** From the command line, else from the environment, else from `tools.yml` of RocketMQ's tools. */
async function toolCredentials({ ak, sk }: ConnectionFlags, world: ConnectionWorld): Promise<Credentials | undefined> {
  const { MQ_ACCESS_KEY, MQ_SECRET_KEY, MQ_SECURITY_TOKEN: securityToken } = world.env
  const accessKey = ak ?? MQ_ACCESS_KEY
  const secretKey = sk ?? MQ_SECRET_KEY
  if (ak !== undefined && !secretKey) throw new UsageError('--ak needs --sk, or MQ_SECRET_KEY')
  if (sk !== undefined && !accessKey) throw new UsageError('--sk needs --ak, or MQ_ACCESS_KEY')
  if (!accessKey || !secretKey) return credentialsFile(world)
  return { accessKey, secretKey, ...(securityToken && { securityToken }) }
}

async function credentialsFile({ env, readFile }: ConnectionWorld): Promise<Credentials | undefined> {
  const home = env['ROCKETMQ_HOME']
  const path = `${home}/conf/tools.yml`
  const text = home ? readFile(path) : undefined
  if (text === undefined) return undefined
  const { accessKey, secretKey } = await readYaml(text, path)
  return accessKey && secretKey ? { accessKey, secretKey } : undefined
}

/** Keys of digits stay text. */
async function readYaml(text: string, path: string): Promise<Record<string, string>> {
  const { parse } = await import('yaml')
  try {
    return (parse(text, { schema: 'failsafe' }) ?? {}) as Record<string, string>
  } catch (cause) {
    // The parser's own words would show the line, which may hold the key.
    throw new UsageError(`${path} is no YAML: it takes the two lines 'accessKey: …' and 'secretKey: …'`, { cause })
  }
}

const tlsTable = configTable('TLS', tlsClientRows)

function toolTls({ tls, tlsInsecure, tlsConfig }: ConnectionFlags, world: ConnectionWorld): ToolConnection['tls'] {
  if (tlsConfig === undefined) return tls || tlsInsecure ? { rejectUnauthorized: !tlsInsecure } : undefined
  const own = [...parseProperties(fileOf(tlsConfig, '--tls-config', world))].filter(([key]) => key in tlsClientRows)
  const { config, problems } = tlsTable.read(own)
  if (problems.length > 0) throw new UsageError(`${tlsConfig}: ${problems.map(({ message }) => message).join('; ')}`)
  const settings = tlsInsecure ? { ...config, 'tls.client.authServer': false } : config
  return tlsClientOptions(settings, (key, path) => fileOf(path, key, world))
}

function fileOf(path: string, named: string, { readFile }: ConnectionWorld): string {
  const text = readFile(path)
  if (text !== undefined) return text
  throw new UsageError(`${named} names ${path}, and there is no such file`)
}
