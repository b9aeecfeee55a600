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
import { semanticsSettings } from '../semantics.js'

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
  const started: ApacheServer[] = []
  const stop = async () => {
    for (const server of started.reverse()) await server.stop()
  }
  try {
    const namesrv = await startApacheNamesrv({ version, port: await freePort(), directory: temporaryFolder() })
    started.push(namesrv)
    const place = { port: await freeBrokerPort(), directory: temporaryFolder(), heap: '512m' }
    started.push(await startApacheBroker({ version, ...place, namesrv: namesrv.address, config: brokerConfig }))
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
const brokerConfig = { ...semanticsSettings, transactionCheckInterval: 5000, transactionTimeOut: 6000 }
