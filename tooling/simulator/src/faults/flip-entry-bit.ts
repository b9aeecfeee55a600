import { type BrokerNode, entryPlace } from '../cluster/broker-node.js'
import type { Cluster } from '../cluster/cluster.js'
import type { Run } from '../run.js'
import { pickSent } from './flip-bit.js'

/** Position and size: by its tags nobody can tell that an entry is wrong but a replay, and who filters by them would miss it. */
const toldBytes = 12

/** Flips a bit of the consume queue entry of a message. Entries have no checksum: what is wrong is known by where it leads. */
export function flipEntryBit(run: Run, { brokers }: Cluster): void {
  const node = run.pick(brokers)
  const sent = node.up ? pickSent(run, node) : undefined
  if (!sent || run.history.isDamaged(sent.id)) return
  const { path, entryAt } = entryPlace(sent, run.plan.queueFileEntries)
  const position = entryAt + run.between(0, toldBytes)
  const before = byteAt(node, path, position)
  if (before === undefined) return
  run.history.spoiltEntries.set(sent.id, { sent, path, position, before })
  run.note(
    'fault',
    `a bit of the entry of ${sent.id} flips on the disk of ${node.name}, in ${path} at byte ${position}`,
  )
  node.host.damage(path, position, 1 << run.between(0, 8))
}

/** Undefined where nothing is: its file was removed, or is yet to be written. */
function byteAt({ host }: BrokerNode, path: string, position: number): number | undefined {
  const { disk } = host.io
  if (!disk.exists(path)) return undefined
  const file = disk.open(path, { readOnly: true })
  const byte = new Uint8Array(1)
  const got = file.readNow(byte, position)
  file.close()
  return got === 1 ? byte[0] : undefined
}
