import type { AppendResult } from '@mq/store'
import type { FaultName } from '../faults/fault-kinds.js'
import type { Plan } from '../plan.js'
import type { Plant } from '../plant.js'

export interface PlantedBug extends Plant {
  /** Checkers of which one has to find it. */
  readonly foundBy: readonly string[]
}

/** A plan in which only these faults come, often, and nothing else hides the bug. */
export const flushed =
  (...faults: FaultName[]) =>
  (plan: Plan): Plan => ({
    ...plan,
    ...{ flushDiskType: 'SYNC_FLUSH', faults, faultEveryMs: 700, stormMs: 5000, burstMax: 2, sendEveryMs: 100 },
    workload: 'plain',
  })

/** What a store says that has dropped a message. */
export const notStored: AppendResult = {
  ok: true,
  ...{ commitLogOffset: 0, endOffset: 0, queueOffset: 0, storeTimestamp: 0, messageId: '0'.repeat(32) },
}

/** True once in `times` calls. */
export function once(times: number): () => boolean {
  let calls = 0
  return () => ++calls % times === 0
}
