import type { Random } from '@mq/io'
import type { FaultName } from './faults/fault-kinds.js'
import { faultNames, gentleFaults } from './faults/fault-kinds.js'
import { workloadNames, type WorkloadName } from './workloads/index.js'

/** What a seed makes of a run, before it begins. */
export interface Plan {
  readonly seed: number
  readonly workload: WorkloadName
  readonly nameServers: number
  readonly brokers: number
  readonly producers: number
  readonly consumers: number
  readonly queues: number
  readonly flushDiskType: 'SYNC_FLUSH' | 'ASYNC_FLUSH'
  /** Bytes of a commit log file, and entries of a consume queue file: small, so that files end often. */
  readonly logFileBytes: number
  readonly queueFileEntries: number
  readonly checkpointMs: number
  readonly offsetFlushMs: number
  readonly commitMs: number
  readonly stormMs: number
  /** Ms between two sends of a producer, on average; and messages at a time. */
  readonly sendEveryMs: number
  readonly burstMax: number
  readonly bodyBytesMax: number
  /** Swarm style: a run with few kinds of faults goes to places that one with all of them never reaches. */
  readonly faults: readonly FaultName[]
  /** Mean time between two faults of a kind, ms. */
  readonly faultEveryMs: number
  /** Age of a half message when its producer is first asked, ms. */
  readonly transactionTimeOut: number
  /** Between two rounds of asking; and how often at most. Together long enough for producers to be found again. */
  readonly transactionCheckInterval: number
  readonly transactionCheckMax: number
}

/** So that seeds of before it was there are still what they were. */
const drawnLast: FaultName = 'entry-bit-flip'

export function planOf(seed: number, random: Random, workload?: WorkloadName): Plan {
  const between = (from: number, to: number): number => from + random.below(to - from + 1)
  const oneOf = <T>(...values: readonly T[]): T => values[random.below(values.length)]!
  const drawn = oneOf(...workloadNames)
  const plan = {
    seed,
    workload: workload ?? drawn,
    nameServers: between(1, 2),
    brokers: between(1, 2),
    producers: between(1, 3),
    consumers: between(1, 3),
    queues: between(1, 4),
    flushDiskType: oneOf<Plan['flushDiskType']>('SYNC_FLUSH', 'SYNC_FLUSH', 'SYNC_FLUSH', 'ASYNC_FLUSH'),
    logFileBytes: oneOf(8, 16, 64, 256) * 1024,
    queueFileEntries: oneOf(10, 50, 500),
    checkpointMs: oneOf(1000, 3000, 10_000),
    offsetFlushMs: oneOf(500, 2000, 5000),
    commitMs: oneOf(500, 2000, 5000),
    stormMs: oneOf(5000, 10_000, 20_000),
    sendEveryMs: oneOf(50, 200, 800),
    burstMax: oneOf(1, 3, 10),
    bodyBytesMax: oneOf(20, 200, 2000),
    faults: faultNames.filter((name) => name !== drawnLast && random.below(4) === 0),
    faultEveryMs: oneOf(1500, 4000, 8000),
    transactionTimeOut: oneOf(500, 2000, 6000),
    ...oneOf(
      { transactionCheckInterval: 5000, transactionCheckMax: 15 },
      { transactionCheckInterval: 2000, transactionCheckMax: 40 },
    ),
  }
  // Now and then nothing is so bad that it would excuse much.
  const isGentle = random.below(6) === 0
  const isDrawn = random.below(4) === 0
  const faults = isDrawn ? [...plan.faults, drawnLast] : plan.faults
  return { ...plan, faults: isGentle ? faults.filter((name) => gentleFaults.has(name)) : faults }
}
