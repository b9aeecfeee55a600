import { simulate } from '@mq/io/sim'
import { checkAnswers } from './checkers/answers.js'
import { checkDeliveries } from './checkers/deliveries.js'
import { checkFolders } from './checkers/folders.js'
import { checkKeys } from './checkers/keys.js'
import { checkRedeliveries } from './checkers/redeliveries.js'
import { checkSends } from './checkers/sends.js'
import { checkStores } from './checkers/stores.js'
import { Cluster } from './cluster/cluster.js'
import { storm } from './faults/storm.js'
import { Weather } from './faults/weather.js'
import { planOf, type Plan } from './plan.js'
import { nothingPlanted, type Plant } from './plant.js'
import { Run, type Violation } from './run.js'
import { workloads, type WorkloadName } from './workloads/index.js'
import type { Workload } from './workloads/workload.js'

export interface SeedOptions {
  workload?: WorkloadName
  plant?: Plant
  /** Told line by line what happens. */
  onLine?: (line: string) => void
  /** Also told of every event of the simulated world. */
  everything?: boolean
}

export interface SeedReport {
  readonly seed: number
  readonly plan: Plan
  readonly violations: readonly Violation[]
  readonly traceHash: string
  /** Simulated time, ms. */
  readonly elapsedMs: number
  /** A stretch in which next to nothing happened: simulated, and what it took of the processor, ms. */
  readonly idle: { readonly simulatedMs: number; readonly tookMs: number }
  readonly counts: Readonly<Record<string, number>>
}

/** All that a run may take of simulated time, ms: more, and something hangs. */
const limitMs = 3_600_000
/** After the storm: until everything is up, and until everything has arrived. */
const upLimitMs = 120_000
const drainLimitMs = 300_000
/** Calm in which every request has to be answered: longer than any may wait. */
const calmMs = 60_000

/** One seed: a cluster, a workload, a storm of faults, a calm, and a look at what came out. */
export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedReport> {
  const { plant = nothingPlanted, onLine, everything } = options
  const weather = new Weather()
  const sim = simulate({
    seed,
    faults: weather,
    onTrace:
      onLine && everything
        ? ({ atMs, host, event, details }) =>
            onLine(`${(atMs / 1000).toFixed(6).padStart(12)}  ${host.padEnd(12)} ${event} ${details.join(' ')}`)
        : undefined,
  })
  const drawn = planOf(seed, sim.host('plan').io.random, options.workload)
  const run = new Run(sim, plant.plan?.(drawn) ?? drawn, weather, plant, onLine)
  try {
    await sim.settle(perform(run), limitMs)
  } catch (error) {
    run.violate('no-crash', (error as Error).stack ?? String(error))
  }
  run.phase = 'over'
  return {
    seed,
    plan: run.plan,
    violations: run.violations,
    traceHash: sim.traceHash(),
    elapsedMs: sim.elapsedMs,
    idle: run.idle,
    counts: Object.fromEntries(run.counts),
  }
}

async function perform(run: Run): Promise<void> {
  const cluster = new Cluster(run)
  await cluster.start([...cluster.nameServers, ...cluster.brokers])
  const workload = workloads[run.plan.workload](run, cluster)
  await workload.start()
  run.phase = 'storm'
  await storm(run, cluster)
  run.phase = 'calm'
  run.note('conductor', 'all faults are over')
  await cluster.allUp(cluster.nodes, upLimitMs)
  await run.sleep(calmMs / 2)
  await idle(run, workload, calmMs / 2)
  await checkSends(run, cluster)
  const arrived = await run.until(() => workload.missing() === undefined || run.violations.length > 0, drainLimitMs)
  if (!arrived) run.violate('drains', `${drainLimitMs / 1000} s after the last fault: ${workload.missing()}`)
  workload.check()
  checkDeliveries(run, cluster)
  checkRedeliveries(run, cluster)
  await checkStores(run, cluster)
  await checkKeys(run, cluster)
  checkAnswers(run, cluster)
  await checkFolders(run, cluster)
}

/** Lets time pass, and looks how much of the processor that takes when there is nothing to do. */
async function idle(run: Run, workload: Workload, ms: number): Promise<void> {
  const isIdle = workload.missing() === undefined
  const before = process.cpuUsage()
  await run.sleep(ms)
  const { user, system } = process.cpuUsage(before)
  if (isIdle) run.idle = { simulatedMs: ms, tookMs: (user + system) / 1000 }
}
