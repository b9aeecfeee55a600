import { defineCommand, type Admin } from '../command.js'
import { configLines } from '../config-lines.js'
import { lines } from '../layout.js'
import { target, whereOf } from '../target.js'

interface Section {
  title: string
  config: Map<string, string>
}

export const getBrokerConfig = defineCommand({
  name: 'getBrokerConfig',
  description: 'settings of a running broker, or of all brokers of a cluster',
  options: target,
  examples: ['mqadmin getBrokerConfig -n 127.0.0.1:9876 -b 127.0.0.1:10911'],
  async run({ admin }, options): Promise<Section[]> {
    const { addr, cluster } = whereOf(options)
    if (addr !== undefined) return [{ title: addr, config: await admin.brokerConfig(addr) }]
    await admin.masters(cluster)
    const { clusterAddrTable, brokerAddrTable } = await admin.clusterInfo()
    const names = [...(clusterAddrTable.get(cluster!) ?? [])].sort()
    const all = names.map((name) =>
      sectionsOf(admin, brokerAddrTable.get(name)?.brokerAddrs ?? new Map<number, string>()),
    )
    return (await Promise.all(all)).flat()
  },
  print: (sections) => lines(sections.flatMap(({ title, config }) => configLines(title, config))),
})

async function sectionsOf(admin: Admin, addresses: ReadonlyMap<number, string>): Promise<Section[]> {
  const master = addresses.get(0)
  const sections: Section[] = []
  for (const [id, address] of [...addresses].sort(([a], [b]) => a - b)) {
    const title = id === 0 ? `Master: ${address}` : `My Master: ${master ?? 'none'}=====Slave: ${address}`
    sections.push({ title, config: await admin.brokerConfig(address) })
  }
  return sections
}
