import { runSeed, type SeedOptions } from './run-seed.js'
import type { Violation } from './run.js'
import type { WorkloadName } from './workloads/index.js'

export interface PrintOptions {
  seed: number
  workload?: WorkloadName
  trace?: boolean
  everything?: boolean
}

/** Runs one seed and prints all about it. True when nothing was violated. */
export async function printSeed({ seed, workload, trace, everything }: PrintOptions): Promise<boolean> {
  const options: SeedOptions = { workload, everything, onLine: trace ? (line) => console.log(line) : undefined }
  const report = await runSeed(seed, options)
  const { plan, counts, violations, traceHash, elapsedMs } = report
  console.log(`seed ${seed}: ${JSON.stringify(plan)}`)
  console.log(JSON.stringify(counts))
  for (const violation of violations) console.log(sentence(violation))
  console.log(`${(elapsedMs / 1000).toFixed(1)} s simulated, trace ${traceHash}, ${violations.length} violations`)
  return violations.length === 0
}

export const sentence = ({ checker, text }: Violation): string => `  ${checker}: ${text}`

/** One line that shows a failure again. */
export const replayCommand = (seed: number, workload: string | undefined): string =>
  `npm run simulate -- --seed ${seed}${workload === undefined ? '' : ` --workload ${workload}`} --trace`
