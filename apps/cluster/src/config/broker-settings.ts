import { resolve } from 'node:path'
import { brokerConfigRows, type BrokerConfig } from '@mq/broker'
import { parseAddress, type Host } from '@mq/io'
import { configTable, type ConfigProblem } from '@mq/protocol'
import { storeConfigTable, type StoreConfig } from '@mq/store'
import { isLoopback } from './loopback.js'

/** All keys of a broker's configuration file: RocketMQ keeps those of broker, store and server in one. */
export const brokerFileTable = configTable('broker', { ...storeConfigTable.rows, ...brokerConfigRows })

export type BrokerSettings = Omit<StoreConfig & BrokerConfig, 'brokerName' | 'storePathRootDir'> & {
  brokerName: string
  storePathRootDir: string
}

/**
 * The settings in effect: the file's entries over the defaults, those that depend on machine and working directory filled
 * in. Nothing goes to the home directory, and nothing but loopback is listened on unless the entries say so.
 */
export function brokerSettings(
  entries: ReadonlyMap<string, string>,
  host: Host,
): { settings: BrokerSettings; problems: ConfigProblem[] } {
  const { config, problems } = brokerFileTable.read(entries)
  if (config.namesrvAddr !== undefined) problems.push(...addressProblems(config.namesrvAddr))
  const brokerName = config.brokerName ?? nameOfHost(host.hostname)
  const storePathRootDir = resolve(config.storePathRootDir ?? `mq-data/${brokerName}/store`)
  return {
    settings: {
      ...config,
      'rocketmq.acl.plain.file': aclFile(config),
      brokerName,
      storePathRootDir,
      bindAddress: bindAddress(entries, config.brokerIP1),
    },
    problems,
  }
}

/** An address for clients elsewhere is of no use while the broker listens to this machine alone. */
function bindAddress(entries: ReadonlyMap<string, string>, brokerIP1: string | undefined): string {
  const given = entries.get('bindAddress')?.trim()
  if (given) return given
  return brokerIP1 === undefined || isLoopback(brokerIP1) ? '127.0.0.1' : '0.0.0.0'
}

/** Topics are named after the broker, and their names take no dots. */
const nameOfHost = (hostname: string): string => hostname.replace(/[^a-zA-Z0-9_-]/g, '-') || 'DEFAULT_BROKER'

/** Where RocketMQ has it: `conf/plain_acl.yml` below its home (`PlainPermissionManager`, 4.7.1). */
const aclFile = (config: Pick<BrokerConfig, 'rocketmqHome' | 'rocketmq.acl.plain.file'>): string =>
  resolve(config.rocketmqHome ?? '.', config['rocketmq.acl.plain.file'] ?? 'conf/plain_acl.yml')

function addressProblems(namesrvAddr: string): ConfigProblem[] {
  return namesrvAddr.split(';').flatMap((address) => {
    try {
      parseAddress(address.trim())
      return []
    } catch (error) {
      const { message } = error as Error
      return [{ kind: 'value' as const, key: 'namesrvAddr', message: `namesrvAddr: ${message}` }]
    }
  })
}
