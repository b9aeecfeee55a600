import { TopicName } from '@mq/protocol'
import { type Finding, verifyStore } from '@mq/store'
import { type BrokerNode, fileOf, storeDirectory } from '../cluster/broker-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'

/** Findings name where a record begins; it is no longer than this. */
const recordBytesMax = 4096
const entryBytes = 20

/**
 * Stops the brokers, for good. What their folders hold beside the log is what a replay of the log gives, and each bit that flipped is
 * found.
 */
export async function checkFolders(run: Run, cluster: Cluster): Promise<void> {
  for (const node of cluster.brokers) {
    if (!node.up) continue
    await node.retire()
    const { disk } = node.host.restart()
    const { findings, tornEnd } = verifyStore({ disk, directory: storeDirectory, config: node.storeConfig })
    if (tornEnd !== undefined) run.violate('equals-replay', `${node.name}: the log ends in ${tornEnd}`)
    checkFindings(run, node, findings)
  }
}

function checkFindings(run: Run, node: BrokerNode, findings: readonly Finding[]): void {
  const spoilt = [...spoiltBytes(run, node), ...spoiltEntries(run, node)]
  for (const finding of findings) {
    const { kind, file, offset, problem } = finding
    if (spoilt.some((byte) => tells(finding, byte))) continue
    // Store times do not go back with the clock, and the times delayed messages are due at do.
    if (run.plan.faults.includes('clock-step') && file.includes(TopicName.SCHEDULE)) continue
    run.violate('equals-replay', `${node.name}: ${kind} ${file} at byte ${offset}: ${problem}`)
  }
  for (const byte of spoilt)
    if (!byte.mayBeGone && !findings.some((finding) => tells(finding, byte)))
      run.violate('damage-told', `${node.name}: nobody finds the bit that flipped in ${byte.path} at ${byte.position}`)
}

/** A byte that is not what was written, and how far in front of it a finding may begin that tells of it. */
interface SpoiltByte {
  kind: Finding['kind']
  path: string
  position: number
  findingBytes: number
  /** Something else may be in its place by now. */
  mayBeGone?: boolean
}

const tells = ({ kind, file, offset }: Finding, { kind: own, path, position, findingBytes }: SpoiltByte): boolean =>
  kind === own && file === path && offset <= position && position < offset + findingBytes

const spoiltBytes = (run: Run, { name, storeConfig }: BrokerNode): SpoiltByte[] =>
  [...run.history.damages.values()]
    .filter(({ sent }) => sent.result!.queue.brokerName === name)
    .map(({ spoilt }) => fileOf(spoilt, storeConfig.mappedFileSizeCommitLog!))
    .map((place) => ({ kind: 'commit log', ...place, findingBytes: recordBytesMax }))

/** Those that the store has not made anew since. A message that is damaged itself gets another entry then, which is not what it was either. */
const spoiltEntries = (run: Run, { name, host }: BrokerNode): SpoiltByte[] =>
  [...run.history.spoiltEntries.values()]
    .filter(({ sent }) => sent.result!.queue.brokerName === name)
    .filter(({ path, position, before }) => (host.io.disk.readWhole(path)?.[position] ?? before) !== before)
    .map(({ sent, path, position }) => ({
      kind: 'consume queue',
      path,
      position,
      findingBytes: entryBytes,
      mayBeGone: run.history.damages.has(sent.id),
    }))
