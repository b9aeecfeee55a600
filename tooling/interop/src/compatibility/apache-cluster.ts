import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AdminClient } from '@mq/client'
import {
  missingToolchain,
  startApacheBroker,
  startApacheNamesrv,
  type ApacheServer,
  type ApacheVersion,
} from '@mq/foreign'
import { freeBrokerPort, freePort } from '@mq/test-ports'
import { temporaryFolder } from '../mq-cluster.js'
import { accounts, operator, semanticsSettings } from '../semantics.js'

export interface ApacheCluster {
  namesrv: string
  /** Where it came from. */
  note: string
  stop(): Promise<void>
}

/**
 * A cluster of Apache's: the one that the environment variable `MQ_APACHE_4_7_1` (or `MQ_APACHE_5_3_3`) names by its name server,
 * or one started for this. Undefined, with the reason, where there is neither.
 */
export async function apacheCluster(version: ApacheVersion): Promise<ApacheCluster | { reason: string }> {
  const variable = `MQ_APACHE_${version.replaceAll('.', '_')}`
  const given = process.env[variable]
  if (given) return { namesrv: given, note: `given by ${variable}`, stop: async () => {} }
  const missing = missingToolchain('java', 'maven')
  if (missing !== undefined) return { reason: `${missing}, and ${variable} names no cluster` }
  return startCluster(version, temporaryFolder(), openConfig)
}

/** One with access control and the account `operator`. */
export function guardedApacheCluster(version: ApacheVersion): Promise<ApacheCluster> {
  const directory = temporaryFolder()
  if (version !== '4.7.1') return startCluster(version, directory, authConfig(join(directory, 'auth')))
  mkdirSync(join(directory, 'conf'))
  writeFileSync(join(directory, 'conf', 'plain_acl.yml'), accounts)
  return startCluster(version, directory, { aclEnable: true })
}

async function startCluster(
  version: ApacheVersion,
  directory: string,
  config: Record<string, string | number | boolean>,
): Promise<ApacheCluster> {
  const started: ApacheServer[] = []
  const stop = async () => {
    for (const server of started.reverse()) await server.stop()
  }
  try {
    const namesrv = await startApacheNamesrv({ version, port: await freePort(), directory: temporaryFolder() })
    started.push(namesrv)
    const place = { port: await freeBrokerPort(), directory, heap: '512m' }
    started.push(await startApacheBroker({ version, ...place, namesrv: namesrv.address, config }))
    await untilRegistered(namesrv.address)
    return { namesrv: namesrv.address, note: 'a name server and a broker, started for this', stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** A broker of 5.3.3 listens some time before name servers know it. */
async function untilRegistered(namesrv: string): Promise<void> {
  const admin = new AdminClient({ namesrv })
  const isKnown = async () => (await admin.clusterInfo()).brokerAddrTable.size > 0
  for (let tries = 0; !(await isKnown()); tries++) {
    if (tries === 300) throw new Error(`Apache's broker has not registered with ${namesrv} within a minute`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  await admin.close()
}

/** Apache's brokers take up to 3 s to note that a transaction has ended: asked too early, they ask about those too. */
const openConfig = { ...semanticsSettings, transactionCheckInterval: 5000, transactionTimeOut: 6000 }

const auth = 'org.apache.rocketmq.auth'

/** Access control as 5.x has it: that of 4.x is gone. */
function authConfig(directory: string): Record<string, string | boolean> {
  const { accessKey, secretKey } = operator
  return {
    authConfigPath: directory,
    authenticationEnabled: true,
    authenticationProvider: `${auth}.authentication.provider.DefaultAuthenticationProvider`,
    authenticationMetadataProvider: `${auth}.authentication.provider.LocalAuthenticationMetadataProvider`,
    initAuthenticationUser: JSON.stringify({ username: accessKey, password: secretKey }),
    innerClientAuthenticationCredentials: JSON.stringify({ accessKey, secretKey }),
    authorizationEnabled: true,
    authorizationProvider: `${auth}.authorization.provider.DefaultAuthorizationProvider`,
    authorizationMetadataProvider: `${auth}.authorization.provider.LocalAuthorizationMetadataProvider`,
  }
}
