import { compare, type Compared } from './comparison.js'
import type { Flush } from './servers.js'

export interface SemanticsBenchOptions {
  flush: Flush
  rounds: number
  seconds: number
  only: string[] | undefined
  directory: string
}

const program = 'Semantics'

const loads = ({ seconds }: SemanticsBenchOptions): Compared[] => [
  {
    name: 'transactions, 32 threads',
    program,
    mode: 'transaction',
    settings: { topic: 'BenchTransaction', threads: 32, count: seconds * 8_000 },
    goal: 1,
  },
  {
    name: 'orderly consume',
    program,
    mode: 'orderly',
    settings: { topic: 'BenchOrderly', count: seconds * 30_000 },
    goal: 1,
  },
  { name: 'delay of 1 s', program, mode: 'delay', settings: { topic: 'BenchDelay', count: seconds * 5_000 }, goal: 1 },
  {
    name: 'SQL filter, half pass',
    program,
    mode: 'sql',
    settings: { topic: 'BenchSql', count: seconds * 40_000 },
    goal: 1,
  },
  { name: 'retry of each', program, mode: 'retry', settings: { topic: 'BenchRetry', count: seconds * 2_000 }, goal: 1 },
  {
    name: 'end to end at 1,000/s',
    program,
    mode: 'e2e',
    // Until the client's own machine code is made, its compiler is what the slowest hundredth waits for.
    settings: { topic: 'BenchEndToEnd', rate: 1000, warmup: 20, seconds },
    goal: 2,
    by: 'p99',
  },
]

/** What goes beyond plain sending and consuming. */
export async function semanticsBench(options: SemanticsBenchOptions): Promise<void> {
  const chosen = loads(options).filter(({ mode }) => options.only?.includes(mode) ?? true)
  await compare({ title: 'Semantics', ...options }, chosen)
}
