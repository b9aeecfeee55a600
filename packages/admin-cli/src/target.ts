import type { AdminContext } from './command.js'
import { UsageError } from './errors.js'
import { text } from './options.js'

/** Where a command acts: on one broker or on a cluster. */
export const target = {
  broker: text('-b, --brokerAddr <address>', 'one broker, as host:port'),
  cluster: text('-c, --clusterName <cluster>', 'all brokers of this cluster'),
}

export interface Target {
  broker?: string | undefined
  cluster?: string | undefined
}

/** The target in the client's words. Throws `UsageError` unless exactly one of both is given. */
export function whereOf({ broker, cluster }: Target): { addr?: string; cluster?: string } {
  if (broker !== undefined && cluster !== undefined)
    throw new UsageError("options '-b' (one broker) and '-c' (a cluster) exclude each other; leave one out")
  if (broker !== undefined) return { addr: broker }
  if (cluster !== undefined) return { cluster }
  throw new UsageError("say where: '-b host:port' for one broker, or '-c DefaultCluster' for a cluster")
}

/** Addresses of the masters of a cluster; of the broker given otherwise. */
export async function mastersOf({ admin }: AdminContext, where: Target): Promise<string[]> {
  const { addr, cluster } = whereOf(where)
  return addr === undefined ? admin.masters(cluster) : [addr]
}

/** Addresses of all brokers of a cluster, slaves too; of the broker given otherwise. */
export async function brokersOf({ admin }: AdminContext, where: Target): Promise<string[]> {
  const { addr, cluster } = whereOf(where)
  if (addr !== undefined) return [addr]
  await admin.masters(cluster) // refuses an unknown cluster, naming those that are there
  const { clusterAddrTable, brokerAddrTable } = await admin.clusterInfo()
  const names = [...(clusterAddrTable.get(cluster!) ?? [])].sort()
  return names.flatMap((name) => [...(brokerAddrTable.get(name)?.brokerAddrs.values() ?? [])])
}
