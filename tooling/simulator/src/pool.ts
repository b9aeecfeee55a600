import { fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { replayCommand, sentence } from './print-seed.js'
import type { SeedReport } from './run-seed.js'
import type { WorkloadName } from './workloads/index.js'

export interface SeedsOptions {
  seeds: number
  from: number
  workload?: WorkloadName
  /** Default: one a core. */
  jobs?: number
}

const worker = fileURLToPath(new URL('worker.ts', import.meta.url))
const progressEveryMs = 10_000
/** A seed leaves much garbage early: with room for the young, little of it is looked at more than once. */
const flags = ['--conditions=@mq/source', '--max-semi-space-size=64']

/** Runs many seeds in processes of their own, and prints what came out. True when nothing was violated. */
export async function runSeeds({
  seeds,
  from,
  workload,
  jobs = availableParallelism(),
}: SeedsOptions): Promise<boolean> {
  const startedMs = performance.now()
  const totals = {
    done: 0,
    elapsedMs: 0,
    idleMs: 0,
    idleTookMs: 0,
    failed: [] as SeedReport[],
    counts: new Map<string, number>(),
  }
  let next = from
  const take = (): number | undefined => (next < from + seeds ? next++ : undefined)
  const figures = (): string => {
    const seconds = (performance.now() - startedMs) / 1000
    const speed = Math.round(totals.elapsedMs / 1000 / seconds)
    return `${totals.done} of ${seeds} seeds, ${(totals.done / seconds).toFixed(1)} seeds/s, ${speed} times real time, ${totals.failed.length} violated`
  }
  const progress = setInterval(() => console.log(figures()), progressEveryMs)
  const note = (report: SeedReport): void => {
    totals.done++
    totals.elapsedMs += report.elapsedMs
    totals.idleMs += report.idle.simulatedMs
    totals.idleTookMs += report.idle.tookMs
    for (const [what, count] of Object.entries(report.counts))
      totals.counts.set(what, (totals.counts.get(what) ?? 0) + count)
    if (report.violations.length === 0) return
    totals.failed.push(report)
    console.log(`seed ${report.seed} (${report.plan.workload}): ${replayCommand(report.seed, workload)}`)
    for (const violation of report.violations) console.log(sentence(violation))
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, seeds)) }, () => work(take, workload, note)))
  clearInterval(progress)
  console.log([...totals.counts].map(([what, count]) => `${what} ${count}`).join(', '))
  console.log(`idle stretches ran ${Math.round(totals.idleMs / totals.idleTookMs)} times faster than real time`)
  console.log(figures())
  return totals.failed.length === 0
}

/** One process, until there are no more seeds. Rejects when it ends before. */
function work(
  take: () => number | undefined,
  workload: WorkloadName | undefined,
  note: (report: SeedReport) => void,
): Promise<void> {
  const child = fork(worker, { execArgv: [...flags, '--import', import.meta.resolve('tsx')] })
  return new Promise((resolve, reject) => {
    let seed: number | undefined
    const give = (): void => {
      seed = take()
      if (seed === undefined) return child.disconnect()
      child.send({ seed, workload })
    }
    child.on('message', (report) => {
      note(report as SeedReport)
      give()
    })
    child.on('error', reject)
    child.on('exit', (code) =>
      seed === undefined ? resolve() : reject(new Error(`the process of seed ${seed} ended with ${code}`)),
    )
    give()
  })
}
