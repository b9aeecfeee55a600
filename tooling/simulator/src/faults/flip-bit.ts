import { decodeMessageId, recordLayout } from '@mq/protocol'
import { type BrokerNode, fileOf } from '../cluster/broker-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Sent } from '../history.js'
import type { Run } from '../run.js'

/** A checkpoint is made in intervals, and takes a while with a slow disk, ms. */
const checkpointTakesMs = 8000
const readMsMax = 3000
/** Of a block that is spoilt in more than one place nobody knows what is good. */
const blockBytes = 4096

/**
 * Flips a bit of a body that was flushed before a checkpoint: later ones pass for an unfinished write. Bodies have a checksum in any
 * version of the format.
 */
export async function flipBit(run: Run, { brokers }: Cluster): Promise<void> {
  const node = run.pick(brokers)
  if (!node.up) return
  const sent = pickSent(run, node)
  const commitLogOffset = sent && placeInLog(sent)
  const record = commitLogOffset === undefined ? undefined : await recordAt(run, node, commitLogOffset)
  if (record === undefined) return
  const { bodyAt, bodySize } = recordLayout(Buffer.from(record), 0)
  const spoilt = commitLogOffset! + bodyAt + run.between(0, bodySize)
  const blocks = run.history.spoiltBlocks
  const block = `${node.name} ${Math.floor(spoilt / blockBytes)}`
  if (blocks.has(block)) return
  blocks.add(block)
  const { path, position } = fileOf(spoilt, run.plan.logFileBytes)
  run.history.damages.set(sent!.id, { sent: sent!, spoilt })
  run.note('fault', `a bit of ${sent!.id} flips on the disk of ${node.name}, in ${path} at byte ${position}`)
  node.host.damage(path, position, 1 << run.between(0, 8))
}

/** Undefined when its broker dies before it has read it, too. */
const recordAt = (run: Run, { store }: BrokerNode, commitLogOffset: number): Promise<Uint8Array | undefined> =>
  Promise.race([store!.recordAt(commitLogOffset), run.sleep(readMsMax).then(() => undefined)])

const placeInLog = ({ result }: Sent): number => decodeMessageId(result!.offsetMsgId).commitLogOffset

/** An acknowledged message of a broker that a checkpoint vouches for; undefined when there is none yet. */
export function pickSent(run: Run, { name }: BrokerNode): Sent | undefined {
  const { history, plan } = run
  const beforeMs = run.nowMs - plan.checkpointMs - checkpointTakesMs
  const some = history
    .acknowledged()
    .filter(({ settledMs, result }) => settledMs < beforeMs && result!.queue.brokerName === name)
  return some.length > 0 ? run.pick(some) : undefined
}
