import type { Cluster } from '../cluster/cluster.js'
import type { SimNode } from '../cluster/sim-node.js'
import type { Run } from '../run.js'

/** Lets one fault happen. Resolves when it is over, as far as it is not up to the nodes themselves. */
type Fault = (run: Run, cluster: Cluster) => Promise<void> | void

const clientsOf = ({ producers, consumers }: Cluster): SimNode[] => [...producers, ...consumers]

function killOne(nodes: readonly SimNode[], how: 'kill' | 'power loss', run: Run): void {
  const node = run.pick(nodes)
  node.downMs = run.between(10, 3000)
  node.kill(how)
}

/** All faults there are, by the name a plan has them under. */
export const faultKinds = {
  'kill-broker': (run, { brokers }) => killOne(brokers, 'kill', run),
  'power-loss': (run, { brokers }) => killOne(brokers, 'power loss', run),
  'restart-broker': async (run, { brokers }) => {
    const node = run.pick(brokers)
    node.downMs = run.between(10, 2000)
    await node.stop()
  },
  'kill-client': (run, cluster) => killOne(clientsOf(cluster), 'kill', run),
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof faultKinds
export const faultNames = Object.keys(faultKinds) as FaultName[]
