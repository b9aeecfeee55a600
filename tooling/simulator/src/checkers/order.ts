import type { Cluster } from '../cluster/cluster.js'
import { type Delivered, queueName } from '../history.js'
import type { Run } from '../run.js'
import { mayReuseOffsets } from './promised.js'

/** Before a broker's end, locks of so long ago may still be believed in, ms. */
const lockMs = 60_000
/** A handler that is held up longer has lost its lock, ms. */
const handlerMsMax = 25_000

/** One handler at a time for each queue of a group, and no message before those in front of it were consumed. */
export function checkOrder(run: Run, cluster: Cluster, group: string): void {
  const queues = new Map<string, Delivered[]>()
  const damaged = run.history.damagedPlaces()
  for (const delivered of run.history.delivered) {
    const { queue } = delivered
    if (delivered.group !== group || mayReuseOffsets(run, cluster, queue.brokerName)) continue
    const name = queueName(queue)
    const known = queues.get(name)
    if (known) known.push(delivered)
    else queues.set(name, [delivered])
  }
  for (const [name, delivered] of queues) {
    oneAtATime(run, cluster, name, delivered)
    inOrder(run, name, delivered, damaged)
  }
}

/** `delivered` is in the order of their starts. */
function oneAtATime(run: Run, cluster: Cluster, name: string, delivered: readonly Delivered[]): void {
  const lives = cluster.brokers.find((broker) => broker.name === delivered[0]!.queue.brokerName)!.lives
  let running: Delivered[] = []
  for (const next of delivered) {
    running = running.filter((one) => endOf(one) > next.startedMs)
    for (const one of running) {
      // Locks are in a broker's memory.
      const isForgotten = lives.some(
        ({ endedMs }) => endedMs !== undefined && endedMs > one.startedMs - lockMs && endedMs <= next.startedMs,
      )
      if (isForgotten || next.startedMs - one.startedMs > handlerMsMax) continue
      run.violate(
        'one-at-a-time',
        `${name}: ${next.consumer} began with ${next.queueOffset} while ${one.consumer} was busy with ${one.queueOffset}`,
      )
    }
    running.push(next)
  }
}

/** Undefined ends are those of processes that died, or of the run. */
const endOf = ({ endedMs, life }: Delivered): number => endedMs ?? life.endedMs ?? Infinity

/** What was damaged on the disk is passed over. */
function inOrder(run: Run, name: string, delivered: readonly Delivered[], damaged: ReadonlySet<string>): void {
  const ends = delivered
    .filter(({ outcome }) => outcome === 'consumed')
    .sort((a, b) => a.endedMs! - b.endedMs! || a.queueOffset - b.queueOffset)
  const consumed = new Set<number>()
  let first = 0
  let at = 0
  for (const { queueOffset, startedMs, consumer } of delivered) {
    for (; at < ends.length && ends[at]!.endedMs! <= startedMs; at++) consumed.add(ends[at]!.queueOffset)
    while (consumed.has(first) || damaged.has(`${name}/${first}`)) first++
    if (queueOffset > first)
      run.violate('in-order', `${name}: ${consumer} got ${queueOffset} before ${first} had been consumed`)
  }
}
