import { verifyStore } from '@mq/store'
import { storeDirectory } from '../cluster/broker-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'
import { TopicName } from '@mq/protocol'

/** Stops the brokers, for good; what their folders hold beside the log is what a replay of the log gives. */
export async function checkFolders(run: Run, cluster: Cluster): Promise<void> {
  for (const node of cluster.brokers) {
    if (!node.up) continue
    await node.retire()
    const { disk } = node.host.restart()
    const { findings, tornEnd } = verifyStore({ disk, directory: storeDirectory, config: node.storeConfig })
    if (tornEnd !== undefined) run.violate('equals-replay', `${node.name}: the log ends in ${tornEnd}`)
    for (const { kind, file, offset, problem } of findings) {
      // Store times do not go back with the clock, and the times delayed messages are due at do.
      if (run.plan.faults.includes('clock-step') && file.includes(TopicName.SCHEDULE)) continue
      run.violate('equals-replay', `${node.name}: ${kind} ${file} at byte ${offset}: ${problem}`)
    }
  }
}
